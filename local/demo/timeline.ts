import pc from 'picocolors';

/** Prints a story as it happens: one line per act, its steps dimmed below, a tick or a cross for every check. */
export interface Timeline {
  act(title: string): void;
  /** What is going on right now. */
  step(text: string): void;
  /** A promise of the story; a broken one fails the run, and the story goes on to show the rest. */
  check(what: string, holds: boolean, found?: string): void;
  readonly broken: readonly string[];
}

export const createTimeline = (write: (line: string) => void): Timeline => {
  const began = performance.now();
  const broken: string[] = [];
  let acts = 0;
  const clock = (): string => pc.dim(`${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s`);
  return {
    act(title) {
      acts += 1;
      write('');
      write(`${clock()}  ${pc.bold(`${acts}. ${title}`)}`);
    },
    step: (text) => write(`${clock()}     ${pc.dim(text)}`),
    check(what, holds, found) {
      write(
        `${clock()}     ${holds ? pc.green('✔') : pc.red('✘')} ${what}${found === undefined ? '' : pc.dim(`  ${found}`)}`,
      );
      if (!holds) broken.push(what);
    },
    broken,
  };
};
