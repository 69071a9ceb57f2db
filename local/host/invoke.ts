import { randomUUID } from 'node:crypto';
import type { AppRegistry } from './core-api.ts';
import type {
  CoreInvocationContext,
  FunctionCallback,
  InvocationModel,
  InvocationRequest,
  InvocationResponse,
  LogCategory,
  LogLevel,
  ProgrammingModel,
  RetryContext,
  RpcTypedData,
  UserContext,
} from './core-types.ts';
import type { HostFunction } from './indexing.ts';
import { describeError, type Log } from './log.ts';
import { traceFor } from './trace.ts';

interface Invocation {
  readonly invocationId?: string;
  readonly input: RpcTypedData;
  readonly triggerMetadata?: Readonly<Record<string, RpcTypedData>>;
  readonly traceparent?: string | undefined;
  readonly tracestate?: string | undefined;
  readonly retryContext?: RetryContext;
  /** Why it runs, for the log. */
  readonly reason: string;
  /** Changes what the handler returned before the library turns it into a response. */
  readonly onResult?: (result: unknown) => unknown;
  /** Answers for a handler that threw, through the same library path. */
  readonly onError?: (respond: (result: unknown) => Promise<unknown>) => Promise<void>;
}

export interface InvokerOptions {
  readonly registry: AppRegistry;
  readonly model: ProgrammingModel;
  readonly log: Log;
  /** Undefined: no limit. */
  readonly functionTimeoutMs: number | undefined;
}

/** Runs functions through the library and knows which are running. */
export interface Invoker {
  /** The library's response. @throws what the handler threw, after it was logged */
  invoke(fn: HostFunction, invocation: Invocation): Promise<InvocationResponse>;
  readonly running: () => number;
}

export const createInvoker = (options: InvokerOptions): Invoker => {
  let running = 0;
  return {
    running: () => running,
    async invoke(fn, invocation) {
      const startedAt = performance.now();
      const invocationId = invocation.invocationId ?? randomUUID();
      const category = `Function.${fn.name}`;
      const fields = () => ({
        functionName: fn.name,
        invocationId,
        durationMs: Math.round(performance.now() - startedAt),
      });
      running += 1;
      options.log('debug', category, `Executing '${fn.name}' (${invocation.reason})`, fields());
      try {
        const response = await run(options, fn, invocation, invocationId);
        options.log('information', category, `Executed '${fn.name}' (Succeeded)`, fields());
        return response;
      } catch (error) {
        const failure = { ...fields(), error: describeError(error) };
        options.log('error', category, `Executed '${fn.name}' (Failed, ${invocation.reason})`, failure);
        throw error;
      } finally {
        running -= 1;
      }
    },
  };
};

const run = async (options: InvokerOptions, fn: HostFunction, invocation: Invocation, invocationId: string) => {
  const { input, triggerMetadata = {}, retryContext, traceparent, tracestate } = invocation;
  const request: InvocationRequest = {
    invocationId,
    functionId: fn.name,
    inputData: [{ name: fn.triggerName, data: input }],
    triggerMetadata,
    traceContext: traceFor(traceparent, tracestate),
    ...(retryContext && { retryContext }),
  };
  let user: UserContext | undefined;
  const core: CoreInvocationContext = {
    invocationId,
    metadata: fn.metadata,
    request,
    state: 'invocation',
    log: (level, category, message) => logFromApp(options, core, { level, category, message, invocationContext: user }),
  };
  const model = options.model.getInvocationModel(core);
  const { context, inputs } = await model.getArguments();
  user = context;
  try {
    const result = await runHandler({ options, fn, core, model }, context, inputs);
    return await model.getResponse(context, invocation.onResult ? invocation.onResult(result) : result);
  } catch (error) {
    await invocation.onError?.((result) => model.getResponse(context, result));
    throw error;
  }
};

interface Running {
  readonly options: InvokerOptions;
  readonly fn: HostFunction;
  readonly core: CoreInvocationContext;
  readonly model: InvocationModel;
}

/** The handler between its hooks: before, a hook may swap inputs and handler; after, the result or the error. */
const runHandler = async ({ options, fn, core, model }: Running, context: UserContext, inputs: unknown[]) => {
  const { preInvocation, postInvocation } = options.registry.hooks;
  const hook: Record<string, unknown> = {
    hookData: {},
    invocationContext: context,
    functionCallback: fn.callback,
    inputs,
  };
  core.state = 'preInvocationHooks';
  for (const callback of preInvocation) await callback(hook);
  core.state = 'invocation';
  await handle({ options, fn, core, model }, context, hook);
  core.state = 'postInvocationHooks';
  for (const callback of postInvocation) await callback(hook);
  if (hook['error'] !== undefined && hook['error'] !== null) throw asError(hook['error']);
  return hook['result'];
};

/** Leaves the outcome where the hooks that follow look for it. */
const handle = async ({ options, model }: Running, context: UserContext, hook: Record<string, unknown>) => {
  hook['result'] = undefined;
  hook['error'] = undefined;
  try {
    const handler = hook['functionCallback'] as FunctionCallback;
    const work = model.invokeFunction(context, hook['inputs'] as unknown[], handler);
    hook['result'] = await withinTimeout(work, options.functionTimeoutMs);
  } catch (error) {
    hook['error'] = error ?? new Error('the handler threw nothing');
  }
};

const asError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));

/** A handler cannot be stopped; past the limit its invocation counts as failed and its result is dropped. */
const withinTimeout = async (work: Promise<unknown>, timeoutMs: number | undefined): Promise<unknown> => {
  if (timeoutMs === undefined) return work;
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`timed out after functionTimeout (${timeoutMs} ms)`)), timeoutMs);
    timer.unref();
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
};

interface AppLine {
  readonly level: LogLevel;
  readonly category: LogCategory;
  readonly message: string;
  readonly invocationContext: UserContext | undefined;
}

const logFromApp = ({ registry, log }: InvokerOptions, core: CoreInvocationContext, given: AppLine): void => {
  const { invocationId, metadata } = core;
  const line: Record<string, unknown> = { hookData: {}, ...given };
  for (const callback of registry.hooks.log) callback(line);
  const category = given.category === 'user' ? `Function.${metadata.name}.User` : `Function.${metadata.name}`;
  log(line['level'] as LogLevel, category, String(line['message']), { functionName: metadata.name, invocationId });
};
