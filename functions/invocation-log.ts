import { AsyncLocalStorage } from 'node:async_hooks';
import type { FunctionHandler, InvocationContext } from '@azure/functions';

/** What of an invocation takes log lines. */
export type InvocationLog = Pick<InvocationContext, 'log' | 'warn' | 'error'>;

const current = new AsyncLocalStorage<InvocationLog>();

/** The same handler, whose log lines are attached to its invocation. */
export const withInvocationLog =
  (handler: FunctionHandler): FunctionHandler =>
  (input, context) =>
    current.run(context, () => handler(input, context));

const LEVEL = /^\{"level":"(\w+)"/;

/**
 * Writes one JSON line to the invocation that is running, at the level it names, so that the host keeps them together;
 * outside of any, to the console. Plain stderr would not do: the host takes whatever is written there for an error.
 */
export const writeLine = (line: string): void => {
  const log: InvocationLog = current.getStore() ?? console;
  const level = LEVEL.exec(line)?.[1];
  if (level === 'error') log.error(line);
  else if (level === 'warn') log.warn(line);
  else log.log(line);
};
