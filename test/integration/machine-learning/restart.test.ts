import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { reapOrphans } from '../../../local/machine-learning/orphans.ts';
import { ArmCalls } from '../../support/machine-learning/arm-calls.ts';
import { ARM_TOKEN, WORKSPACE_ID, WorkspaceFixture } from '../../support/machine-learning/workspace-fixture.ts';
import { until } from '../../support/until.ts';

const SCRIPT = fileURLToPath(new URL('../../support/machine-learning/emulator-process.ts', import.meta.url));

let fixture: WorkspaceFixture;
let calls: ArmCalls;
let emulator: ChildProcess | undefined;

beforeAll(async () => {
  fixture = await WorkspaceFixture.create();
  calls = new ArmCalls(fixture);
  // Takes a free port, under which the processes below listen in turn.
  await fixture.start();
  await fixture.stop();
});
afterEach(() => emulator?.kill('SIGKILL'));
afterAll(() => fixture.dispose());

const start = async (): Promise<void> => {
  const args = [
    SCRIPT,
    WORKSPACE_ID,
    ARM_TOKEN,
    fixture.dataDir,
    new URL(fixture.url).port,
    fixture.azurite.connectionString,
  ];
  emulator = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  await until('the emulator', async () => (await calls.arm('GET', '/onlineEndpoints')).status === 200);
};

const kill = async (): Promise<void> => {
  const exited = emulator && once(emulator, 'exit');
  emulator?.kill('SIGKILL');
  await exited;
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    // A zombie still takes signals; its parent has only not looked yet.
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
};

describe('an emulator that is killed', () => {
  it('comes back with its endpoints, keys, traffic, metrics and running deployments, and leaves no container behind', async () => {
    await start();
    await calls.createEndpoint('heart');
    const image = await fixture.push('stable');
    await calls.deploy('heart', 'stable', { image });
    await calls.setTraffic('heart', { stable: 100 });
    const key = await calls.key('heart');
    const first = await calls.score('heart', { environment: '"environment"' });
    expect(first.status).toBe(200);
    const pids = [...first.body.HOME.matchAll(/run\/([0-9a-f-]+)\//g)].map(([, id]) =>
      Number(readFileSync(join(fixture.dataDir, 'run', id ?? '', 'pid'), 'utf8')),
    );
    expect(pids).toHaveLength(1);
    await until('metrics to be flushed', () => readFileSync(join(fixture.dataDir, 'metrics.jsonl'), 'utf8') !== '');

    await kill();
    await until('the container to end with it', () => pids.every((pid) => !isAlive(pid)));

    await start();
    expect(await calls.key('heart')).toBe(key);
    // Waits until the container is up again.
    expect(await calls.score('heart', { a: 1 })).toMatchObject({ status: 200, body: ['stable'] });
    const timespan = `${new Date(Date.now() - 60_000).toISOString()}/${new Date(Date.now() + 2_000).toISOString()}`;
    const metrics = await calls.arm(
      'GET',
      `/onlineEndpoints/heart/providers/microsoft.insights/metrics?metricnames=RequestsPerMinute&interval=FULL&aggregation=Total&timespan=${timespan}`,
    );
    expect(metrics.body.value[0].timeseries[0].data[0].total).toBe(2);
  });

  it('finishes the deployment that it was killed in', async () => {
    await start();
    await calls.createEndpoint('late');
    const image = await fixture.push('late', { DELAY_MS: '1' });
    const deploying = calls.deploy('late', 'one', { image }).catch(() => undefined);
    await until(
      'the deployment to begin',
      async () => (await calls.arm('GET', '/onlineEndpoints/late/deployments/one')).status === 200,
    );
    await kill();
    await deploying;
    await start();
    expect((await calls.settled('/onlineEndpoints/late/deployments/one')).properties.provisioningState).toBe(
      'Succeeded',
    );
    const answer = await calls.score('late', {}, { 'azureml-model-deployment': 'one' });
    expect(answer).toMatchObject({ status: 200, body: ['late'] });
  });
});

describe('reapOrphans', () => {
  it('ends a container that nobody watches any more, and only that', async () => {
    const runDir = join(fixture.dataDir, 'orphans');
    const spawned = [randomUUID(), randomUUID()].map((instanceId, at) => {
      // The second is a process that happens to have the pid of a container that is long gone.
      const env = at === 0 ? { AZUREML_INSTANCE_ID: instanceId } : {};
      const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {
        detached: true,
        stdio: 'ignore',
        env,
      });
      mkdirSync(join(runDir, instanceId), { recursive: true });
      writeFileSync(join(runDir, instanceId, 'pid'), String(child.pid));
      return child;
    });
    await Promise.all(spawned.map((child) => once(child, 'spawn')));
    expect(reapOrphans(runDir)).toBe(1);
    await until('the orphan to end', () => spawned[0]?.signalCode === 'SIGKILL');
    expect(spawned[1]?.exitCode).toBeNull();
    spawned[1]?.kill('SIGKILL');
  });
});
