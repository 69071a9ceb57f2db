import type { RpcTypedData } from '../core-types.ts';
import type { HostFunction, IndexedFunction } from '../indexing.ts';
import type { Invoker } from '../invoke.ts';
import { HOST_VERSION } from '../load-app.ts';
import { answerJson, answerText, type Exchange, readBody } from './exchange.ts';

export interface AdminOptions {
  readonly functions: readonly IndexedFunction[];
  readonly invoker: Invoker;
}

const MAX_INPUT_BYTES = 4 * 1024 * 1024;

/** The part of the host's admin API that is of use without a portal: status, list, ping, and run a function now. */
export const serveAdmin =
  (options: AdminOptions) =>
  async (exchange: Exchange): Promise<void> => {
    const { request, response, path } = exchange;
    const [, area = '', name, action] = path.split('/');
    const key = `${request.method} ${area.toLowerCase()}`;
    if (key === 'GET host' && name === 'status') return answerJson(response, 200, status(options));
    if (/^(GET|POST) host$/.test(key) && name === 'ping') return answerText(response, 200);
    if (key === 'GET functions' && name === undefined)
      return answerJson(response, 200, options.functions.map(describe));
    const found = options.functions.find((indexed) => nameOf(indexed).toLowerCase() === name?.toLowerCase());
    if (area.toLowerCase() !== 'functions' || found === undefined) return answerText(response, 404);
    if (request.method === 'GET' && action === undefined) return answerJson(response, 200, describe(found));
    if (request.method === 'POST' && action === undefined) return runNow(options, found, exchange);
    answerText(response, 404);
  };

const nameOf = (indexed: IndexedFunction): string => (indexed.state === 'ready' ? indexed.fn.name : indexed.name);

const status = ({ functions }: AdminOptions) => ({
  id: 'local',
  state: 'Running',
  version: HOST_VERSION,
  versionDetails: HOST_VERSION,
  processUptime: Math.round(process.uptime() * 1000),
  errors: functions.flatMap((indexed) =>
    indexed.state === 'refused' ? [`The '${indexed.name}' function is in error: ${indexed.reason}`] : [],
  ),
});

const describe = (indexed: IndexedFunction) => ({
  name: nameOf(indexed),
  trigger: indexed.state === 'ready' ? indexed.fn.trigger : indexed.trigger,
  isDisabled: indexed.state === 'disabled',
  ...(indexed.state === 'ready' && { config: { bindings: [indexed.fn.options] } }),
  ...(indexed.state === 'refused' && { error: indexed.reason }),
});

/** Answers at once and runs on; whether it succeeded is in the log. */
const runNow = async ({ invoker }: AdminOptions, indexed: IndexedFunction, { request, response }: Exchange) => {
  if (indexed.state !== 'ready') return answerText(response, 400, `'${nameOf(indexed)}' is ${indexed.state}`);
  if (indexed.fn.trigger === 'httpTrigger') return answerText(response, 400, 'call an HTTP function at its route');
  const body = await readBody(request, MAX_INPUT_BYTES);
  if (body === undefined) return answerText(response, 413);
  const input = parseInput(body.toString('utf8'));
  if (input === undefined) return answerText(response, 400, 'the body is JSON such as {"input": "text"}');
  void invoker.invoke(indexed.fn, { input: inputFor(indexed.fn, input), reason: 'run by hand' }).catch(() => {});
  answerText(response, 202);
};

const parseInput = (body: string): string | undefined => {
  if (body.trim() === '') return '';
  try {
    const { input = '' } = JSON.parse(body) as { input?: unknown };
    return typeof input === 'string' ? input : JSON.stringify(input);
  } catch {
    return undefined;
  }
};

const inputFor = ({ trigger }: HostFunction, input: string): RpcTypedData => {
  if (trigger === 'timerTrigger') {
    return { json: JSON.stringify({ Schedule: { AdjustForDST: true }, ScheduleStatus: null, IsPastDue: false }) };
  }
  if (trigger === 'cosmosDBTrigger') return { json: input === '' ? '[]' : input };
  return trigger === 'eventGridTrigger' ? { json: input === '' ? '{}' : input } : { string: input };
};
