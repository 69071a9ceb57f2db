import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  CLOUD_TOPIC,
  cloudEvent,
  type RunningGrid,
  type Subscriber,
  startGrid,
  startSubscriber,
  subscriptionId,
  TOPIC_KEY,
  webhook,
} from '../../support/event-grid.ts';
import { until } from '../../support/until.ts';

const CLOUD = { eventDeliverySchema: 'CloudEventSchemaV1_0' };

let dataDir: string;
const children: ChildProcess[] = [];
const open: { close(): Promise<void> }[] = [];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'slipway-event-grid-'));
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await Promise.all(open.splice(0).map((one) => one.close()));
  await rm(dataDir, { recursive: true, force: true });
});

const startProcess = async (): Promise<{ child: ChildProcess; url: string }> => {
  const child = spawn(process.execPath, [new URL('grid-process.ts', import.meta.url).pathname, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const [line] = await once(child.stdout as NodeJS.ReadableStream, 'data');
  return { child, url: String(line).trim() };
};

const publish = async (url: string, id: string): Promise<boolean> => {
  const response = await fetch(`${url}/topics/slipway/api/events?api-version=2018-01-01`, {
    method: 'POST',
    headers: { 'content-type': 'application/cloudevents-batch+json', 'aeg-sas-key': TOPIC_KEY },
    body: JSON.stringify([cloudEvent(id)]),
  });
  return response.status === 200;
};

const subscribe = (url: string, hook: Subscriber): Promise<Response> =>
  fetch(`${url}${subscriptionId(CLOUD_TOPIC.id, 'durable')}?api-version=2022-06-15`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ properties: webhook(hook, CLOUD) }),
  });

const restart = async (hook: Subscriber): Promise<RunningGrid> => {
  const grid = await startGrid({ topics: [CLOUD_TOPIC], dataDir, timeScale: 0.001 });
  open.push(grid, hook);
  return grid;
};

describe('the data directory of the Event Grid emulator', () => {
  it('keeps every acknowledged event through a kill -9, and delivers it afterwards', async () => {
    let isUp = false;
    const hook = await startSubscriber({ onEvent: () => ({ status: isUp ? 200 : 500 }) });
    const { child, url } = await startProcess();
    await subscribe(url, hook);

    const acknowledged: string[] = [];
    const publishing = Array.from({ length: 400 }, async (_, n) => {
      if (await publish(url, `event-${n}`)) acknowledged.push(`event-${n}`);
    });
    await until('some acknowledgements', () => acknowledged.length >= 50);
    child.kill('SIGKILL');
    await Promise.allSettled(publishing);
    const delivered = hook.received.length;
    isUp = true;
    await restart(hook);

    await until('all acknowledged events', () => {
      const ids = new Set(hook.received.slice(delivered).map(({ body }) => body.id));
      return acknowledged.every((id) => ids.has(id));
    });
    expect(acknowledged.length).toBeGreaterThanOrEqual(50);
  });

  it('keeps subscriptions, delivery history and attempt counts through a restart', async () => {
    const hook = await startSubscriber({ onEvent: (_request, index) => ({ status: index === 1 ? 500 : 200 }) });
    const first = await startGrid({ topics: [CLOUD_TOPIC], dataDir });
    await first.subscribe(CLOUD_TOPIC.id, 'durable', webhook(hook, CLOUD));
    await first.publish(CLOUD_TOPIC, [cloudEvent('done')]);
    await until('the first', async () => (await first.deliveries('phase=delivered')).length === 1);
    await first.publish(CLOUD_TOPIC, [cloudEvent('failing')]);
    await until('the second', async () => (await first.deliveries('eventId=failing'))[0]?.attempts.length === 1);
    const before = await first.deliveries();
    await first.close();

    const second = await restart(hook);

    expect(await second.deliveries()).toEqual(before);
    const { body } = await second.call('GET', `${subscriptionId(CLOUD_TOPIC.id, 'durable')}?api-version=2022-06-15`);
    expect(body.properties.provisioningState).toBe('Succeeded');
  });

  it('does not deliver again what was delivered before the restart', async () => {
    const hook = await startSubscriber();
    const first = await startGrid({ topics: [CLOUD_TOPIC], dataDir });
    await first.subscribe(CLOUD_TOPIC.id, 'durable', webhook(hook, CLOUD));
    await first.publish(CLOUD_TOPIC, [cloudEvent('once')]);
    await until('the first', async () => (await first.deliveries('phase=delivered')).length === 1);
    await first.close();

    const second = await restart(hook);
    await second.publish(CLOUD_TOPIC, [cloudEvent('next')]);

    await until('the next', async () => (await second.deliveries('phase=delivered')).length === 2);
    expect(hook.received.map(({ body }) => body.id)).toEqual(['once', 'next']);
  });

  it('opens a journal whose last line is torn', async () => {
    const hook = await startSubscriber();
    const first = await startGrid({ topics: [CLOUD_TOPIC], dataDir });
    await first.publish(CLOUD_TOPIC, [cloudEvent('whole')]);
    await first.close();
    const [file = ''] = await readdir(dataDir);
    await appendFile(join(dataDir, file), '{"kind":"event","value":{"se');

    const second = await restart(hook);

    expect((await second.call('GET', '/_emulator/event-grid/status')).body.events).toBe(1);
  });
});
