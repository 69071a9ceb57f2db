import { setTimeout as sleep } from 'node:timers/promises';
import { app, type HttpRequest, HttpResponse, type InvocationContext } from '@azure/functions';

app.setup({ enableHttpStream: true });

const show = (name: string) => async (request: HttpRequest) => ({ jsonBody: { name, params: request.params } });

const route = (name: string, template: string, methods: ('GET' | 'POST' | 'DELETE')[] = ['GET']) =>
  app.http(name, { methods, authLevel: 'anonymous', route: template, handler: show(name) });

route('item-list', 'items');
route('item-new', 'items/new');
route('item-number', 'items/{id:int}');
route('item-any', 'items/{id}');
route('item-part', 'items/{id}/parts/{part?}');
route('file', 'files/{*path}');
route('file-meta', 'files/{name}.{extension}/meta');
route('colour', 'colours/{name:regex(^[a-z]{{3,5}}$)}');
route('item-create', 'items', ['POST']);
app.http('unrouted', { methods: ['GET'], authLevel: 'anonymous', handler: show('unrouted') });

app.http('echo', {
  methods: ['POST', 'PUT', 'DELETE'],
  authLevel: 'anonymous',
  handler: async (request) => ({
    body: Buffer.from(await request.arrayBuffer()),
    headers: { 'content-type': request.headers.get('content-type') ?? 'none', 'x-method': request.method },
  }),
});

app.http('inspect', {
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: async (request, context: InvocationContext) => ({
    jsonBody: {
      url: request.url,
      query: [...request.query],
      header: request.headers.get('x-given'),
      trace: context.traceContext?.traceParent,
      invocationId: context.invocationId,
    },
  }),
});

app.http('cookies', {
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: async () => ({
    body: 'ok',
    cookies: [
      { name: 'a', value: '1 2', path: '/', httpOnly: true },
      { name: 'b', value: '2', sameSite: 'Strict', maxAge: 60 },
    ],
  }),
});

app.http('nothing', { methods: ['GET'], authLevel: 'anonymous', handler: async () => undefined as never });
app.http('teapot', {
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: async () => new HttpResponse({ status: 418, body: 'short and stout' }),
});
app.http('throws', {
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: async () => {
    throw new Error('as planned');
  },
});
app.http('not-an-object', { methods: ['GET'], authLevel: 'anonymous', handler: async () => 'text' as never });
app.http('breaks-off', {
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: async () => ({
    body: (async function* () {
      yield Buffer.from('first');
      await sleep(20);
      throw new Error('half way');
    })(),
  }),
});
app.http('refuses-body', { methods: ['POST'], authLevel: 'anonymous', handler: async () => ({ status: 413 }) });

/** Counts what arrives without keeping it. */
app.http('upload', {
  methods: ['PUT'],
  authLevel: 'anonymous',
  handler: async (request) => {
    let bytes = 0;
    let peakRss = 0;
    for await (const chunk of request.body ?? []) {
      bytes += (chunk as Uint8Array).length;
      peakRss = Math.max(peakRss, process.memoryUsage.rss());
    }
    return { jsonBody: { bytes, peakRss } };
  },
});

let produced = 0;
let cancelled = false;

/** Makes as many MiB as asked, as fast as they are taken. */
app.http('download', {
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: async (request) => {
    const chunk = Buffer.alloc(1024 * 1024, 'x');
    const count = Number(request.query.get('mb'));
    produced = 0;
    cancelled = false;
    return {
      body: new ReadableStream({
        pull: (controller) => {
          if (produced === count) return controller.close();
          produced += 1;
          controller.enqueue(chunk);
        },
        cancel: () => {
          cancelled = true;
        },
      }),
    };
  },
});

app.http('events', {
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: async (request) => {
    const count = Number(request.query.get('count') ?? Number.POSITIVE_INFINITY);
    cancelled = false;
    let timer: NodeJS.Timeout;
    return {
      headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' },
      body: new ReadableStream({
        start: (controller) => {
          let sent = 0;
          timer = setInterval(() => {
            sent += 1;
            controller.enqueue(new TextEncoder().encode(`data: ${sent}\n\n`));
            if (sent === count) {
              clearInterval(timer);
              controller.close();
            }
          }, 50);
        },
        cancel: () => {
          cancelled = true;
          clearInterval(timer);
        },
      }),
    };
  },
});

app.http('state', {
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: async () => ({ jsonBody: { produced, cancelled, rss: process.memoryUsage.rss(), hooks } }),
});

app.http('setting', {
  methods: ['GET'],
  authLevel: 'anonymous',
  route: 'setting/{name}',
  handler: async (request) => ({ jsonBody: process.env[String(request.params['name'])] ?? null }),
});

app.http('slow', {
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: async () => {
    await sleep(700);
    return { body: 'done' };
  },
});

for (const authLevel of ['anonymous', 'function', 'admin'] as const) {
  app.http(`level-${authLevel}`, { methods: ['GET'], authLevel, handler: async () => ({ body: authLevel }) });
}

const hooks: string[] = [];
app.hook.appStart(() => void hooks.push('appStart'));
app.hook.appTerminate(() => console.log('appTerminate ran'));
app.hook.preInvocation((context) => {
  if (context.invocationContext.functionName !== 'hooked') return;
  const { functionHandler } = context;
  context.functionHandler = async (...args) => ({
    ...(await (functionHandler(...args) as Promise<object>)),
    status: 201,
  });
  context.hookData['seen'] = 'pre';
});
app.hook.postInvocation((context) => {
  if (context.invocationContext.functionName !== 'hooked') return;
  context.result = { ...(context.result as object), headers: { 'x-hook': String(context.hookData['seen']) } };
});
app.http('hooked', { methods: ['GET'], authLevel: 'anonymous', handler: async () => ({ body: 'hooked' }) });
