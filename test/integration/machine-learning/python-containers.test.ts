import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findPythons } from '../../../local/python/find-pythons.ts';
import { ArmCalls } from '../../support/machine-learning/arm-calls.ts';
import { pushImage } from '../../support/machine-learning/oci-layout.ts';
import { WorkspaceFixture } from '../../support/machine-learning/workspace-fixture.ts';
import { announceSkip } from '../../support/require-all.ts';
import { until } from '../../support/until.ts';

const [PYTHON] = (await findPythons()).toReversed();
if (PYTHON === undefined) announceSkip('the tests of Python containers', 'there is no Python');

/** Answers every request with what it is and has; one that contains "hang" keeps Python's lock for ever. */
const SERVER = `
import http.server, json, os, re, sys

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer({})

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        if b"hang" in body:
            re.match(r"(a+)+b", "a" * 64)
        self.answer({"pid": os.getpid(), "argv": sys.argv, "isolated": sys.flags.isolated, "no_site": sys.flags.no_site, "env": dict(os.environ)})

    def answer(self, what):
        text = json.dumps(what).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
`;

const image = (python: string) => ({
  layers: [{ 'opt/server/main.py': SERVER }],
  config: { Entrypoint: [python, '-I', '-S', '/opt/server/main.py'], Env: ['PYTHONPATH=/opt/server'] },
});

const isAlive = (pid: number): boolean => {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
};

let fixture: WorkspaceFixture;
let calls: ArmCalls;

beforeAll(async () => {
  fixture = await WorkspaceFixture.create();
  await fixture.start(PYTHON === undefined ? {} : { pythons: { [PYTHON.minor]: PYTHON.path } });
  calls = new ArmCalls(fixture);
});
afterAll(() => fixture.dispose());

describe.skipIf(PYTHON === undefined)('an image that runs with Python', () => {
  it("is run by this machine's, without its packages and its environment", async () => {
    process.env['SLIPWAY_NOT_FOR_CONTAINERS'] = 'secret';
    await calls.createEndpoint('python');
    const reference = await pushImage(fixture.images, image(`python${PYTHON?.minor}`));
    await calls.deploy('python', 'one', { image: reference });
    await calls.setTraffic('python', { one: 100 });

    const { status, body } = await calls.score('python', {});

    expect(status).toBe(200);
    expect(body.argv[0]).toMatch(/rootfs\/opt\/server\/main\.py$/);
    expect(body).toMatchObject({ isolated: 1, no_site: 1 });
    expect(body.env).not.toHaveProperty('SLIPWAY_NOT_FOR_CONTAINERS');
    const [instance = ''] = /[0-9a-f-]+(?=\/home$)/.exec(body.env.HOME) ?? [];
    expect(readFileSync(join(fixture.dataDir, 'run', instance, 'pid'), 'utf8')).toBe(String(body.pid));
  });

  it('fails to deploy when this machine lacks that Python, and its log says which there are', async () => {
    await calls.createEndpoint('unknown');
    const reference = await pushImage(fixture.images, image('python3.99'));

    const deployment = await calls.deploy('unknown', 'one', { image: reference });

    expect(deployment.properties.provisioningState).toBe('Failed');
    const { body } = await calls.arm('POST', '/onlineEndpoints/unknown/deployments/one/getLogs', {});
    expect(body.content).toContain(
      `cannot start: the image runs with python3.99, but this machine has Python ${PYTHON?.minor}: install it`,
    );
  });
});

describe.skipIf(PYTHON === undefined)('the parent watch of Python', () => {
  const WATCH = fileURLToPath(new URL('../../../local/machine-learning/parent_watch.py', import.meta.url));
  const HANG = 'import re; print("ready", flush=True); re.match(r"(a+)+b", "a" * 64)';

  it.each([
    ['waits', 'import time; print("ready", flush=True); time.sleep(600)'],
    ['hangs and lets no other thread run', HANG],
  ])('ends a container that %s when the emulator is gone', async (_, code) => {
    const child = spawn(PYTHON?.path ?? '', ['-I', '-S', WATCH, '-I', '-S', '-c', code], {
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
    });
    const exited = once(child, 'exit');
    if (child.stdout !== null) await once(child.stdout, 'data');
    const group = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ').map(Number);

    child.stdio[3]?.destroy();

    expect(await exited).toEqual([null, 'SIGKILL']);
    await until('the watch to end with it', () => group.every((pid) => !isAlive(pid)));
  });
});
