import { CommanderError } from 'commander';
import pc from 'picocolors';
import { type ErrorCode, isSlipwayError } from '../shared/platform/errors.ts';
import { plain, warn } from './terminal.ts';

/** How a command ends: it did it, something went wrong, or the model was looked at and refused. */
export const EXIT = { done: 0, failed: 1, refused: 2 } as const;

/** A failure that says in one sentence what is wrong, and what to do next. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
}

/** A model was looked at and cannot be served. */
export class ModelRefused extends Error {
  override readonly name = 'ModelRefused';
  readonly code: string;

  constructor({ code, message }: { readonly code: string; readonly message: string }) {
    super(message);
    this.code = code;
  }
}

/** Tells a person why a command failed, and gives the exit code. */
export const reportFailure = (error: unknown): number => {
  // Commander has said what it found itself: a wrong option, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.failed;
  if (error instanceof ModelRefused) {
    const [sentence = '', ...log] = error.message.split('\n').map(plain);
    warn(`${pc.red('refused')} ${sentence} ${pc.dim(`(${error.code})`)}`);
    for (const line of log) warn(pc.dim(`  ${line}`));
    return EXIT.refused;
  }
  warn(`${pc.red('error')} ${sentenceOf(error)}`);
  return EXIT.failed;
};

const sentenceOf = (error: unknown): string => {
  if (error instanceof CommandFailed) return error.message;
  if (isSlipwayError(error)) return `${error.message.replace(/\.$/, '')}. ${NEXT_STEPS[error.code] ?? ''}`.trimEnd();
  const { code, path } = error as NodeJS.ErrnoException;
  const known = code === undefined ? undefined : FILE_ERRORS[code];
  if (known !== undefined) return `${path ?? 'a file'} ${known}`;
  return `this should not have happened: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
};

const NEXT_STEPS: Partial<Readonly<Record<ErrorCode, string>>> = {
  UNAUTHENTICATED: 'Set IMAGE_REGISTRY_USERNAME and IMAGE_REGISTRY_PASSWORD.',
  PERMISSION_DENIED: 'Check that your credentials may do this.',
  TEMPORARILY_UNAVAILABLE: 'Check the address, and try again.',
  REQUEST_LIMIT_EXCEEDED: 'Wait a minute, and try again.',
  INTERNAL_ERROR: 'Run `npm run setup` in the folder of Slipway.',
};

const FILE_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist. Check the path.',
  ENOTDIR: 'is not a folder. Name the folder that holds the MLmodel file.',
  EACCES: 'may not be read or written by you. Check its permissions.',
  ENOSPC: 'cannot be written: the disk is full.',
  EROFS: 'cannot be written: the disk is read-only.',
};
