import type { Interpreters } from './options.ts';

/**
 * The interpreter for a command such as `python3.11`; `python3` is the newest there is.
 *
 * @throws Error saying which minor versions there are
 */
export const pythonFor = (command: string, pythons: Interpreters): string => {
  const minors = Object.keys(pythons).toSorted((a, b) => minorOf(a) - minorOf(b));
  const wanted = command === 'python3' ? minors.at(-1) : command.slice('python'.length);
  const path = pythons[wanted ?? ''];
  if (path !== undefined) return path;
  const there = minors.length === 0 ? 'no Python' : `Python ${minors.join(', ')}`;
  throw new Error(`the image runs with ${command}, but this machine has ${there}: install it, for example with pyenv`);
};

const minorOf = (version: string): number => Number(version.split('.')[1]);
