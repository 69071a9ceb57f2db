import { setTimeout as sleep } from 'node:timers/promises';
import { app, type InvocationContext, output, type Timer } from '@azure/functions';

/** What ran, as the tests ask for it. This app does not stream, so it covers the other way to serve HTTP too. */
const seen: Record<string, unknown>[] = [];

app.http('seen', { methods: ['GET'], authLevel: 'anonymous', handler: async () => ({ jsonBody: seen }) });

app.http('buffered', {
  methods: ['POST', 'DELETE'],
  authLevel: 'anonymous',
  route: 'buffered/{name?}',
  handler: async (request) => ({
    status: 202,
    headers: { 'x-name': request.params['name'] ?? 'none', 'x-query': request.query.get('q') ?? 'none' },
    cookies: [
      { name: 'c', value: 'v', path: '/', expires: new Date('2030-01-01T00:00:00Z'), secure: true, sameSite: 'Lax' },
    ],
    body: new Uint8Array(await request.arrayBuffer()),
  }),
});
app.http('buffered-nothing', { methods: ['GET'], authLevel: 'anonymous', handler: async () => undefined as never });
app.http('buffered-throws', {
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: async () => {
    throw new Error('as planned');
  },
});

app.eventGrid('on-event', {
  handler: async (event, context) => {
    const { id, data, ...rest } = event as unknown as { id: string; data: { fail?: string } };
    seen.push({
      fn: 'on-event',
      id,
      data,
      source: (rest as { source?: string }).source,
      metadata: context.triggerMetadata,
    });
    if (data.fail !== undefined) throw new Error(data.fail);
  },
});

const record = (fn: string) => async (message: unknown, context: InvocationContext) => {
  const { invocationId, triggerMetadata } = context;
  seen.push({ fn, message, invocationId, metadata: triggerMetadata });
  const { fail, sleepMs } = (typeof message === 'object' ? message : {}) as { fail?: boolean; sleepMs?: number };
  if (sleepMs !== undefined) await sleep(sleepMs);
  if (fail === true) throw new Error('as planned');
  seen.push({ fn, done: message });
};

app.storageQueue('on-message', { queueName: '%WORK_QUEUE%', connection: 'Jobs', handler: record('on-message') });
app.storageQueue('late-queue', { queueName: 'made-later', connection: 'Jobs', handler: record('late-queue') });

const tick = (fn: string) => async (timer: Timer, context: InvocationContext) => {
  seen.push({ fn, isPastDue: timer.isPastDue, status: timer.scheduleStatus, retry: context.retryContext });
};

app.timer('every-second', { schedule: '* * * * * *', handler: tick('every-second') });
app.timer('yearly', { schedule: '0 0 0 1 1 *', handler: tick('yearly') });
app.timer('at-start', { schedule: '%YEARLY%', runOnStartup: true, handler: tick('at-start') });
app.timer('retried', {
  schedule: '0 0 0 1 1 *',
  runOnStartup: true,
  retry: { strategy: 'fixedDelay', maxRetryCount: 2, delayInterval: 0 },
  handler: async (timer, context) => {
    await tick('retried')(timer, context);
    throw new Error('as planned');
  },
});

app.http('switched-off', { methods: ['GET'], authLevel: 'anonymous', handler: async () => ({}) });
app.http('reserved', { methods: ['GET'], authLevel: 'anonymous', route: 'admin/mine', handler: async () => ({}) });
app.http('rival', { methods: ['POST'], authLevel: 'anonymous', route: 'buffered/{other?}', handler: async () => ({}) });
app.timer('bad-schedule', { schedule: '0 0 12 ? * L', handler: tick('bad-schedule') });
app.storageQueue('no-setting', { queueName: '%NOT_SET%', connection: 'Jobs', handler: record('no-setting') });
app.storageQueue('no-connection', { queueName: 'any', connection: 'NotSet', handler: record('no-connection') });
app.storageBlob('on-blob', { path: 'any/{name}', connection: 'Jobs', handler: async () => {} });
app.http('writes-table', {
  methods: ['GET'],
  authLevel: 'anonymous',
  extraOutputs: [output.table({ tableName: 'any', connection: 'Jobs' })],
  handler: async () => ({}),
});
