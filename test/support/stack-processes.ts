import { execFileSync } from 'node:child_process';

export interface ProcessInfo {
  readonly pid: number;
  readonly parentPid: number;
  readonly command: string;
}

const all = (): readonly ProcessInfo[] =>
  execFileSync('ps', ['-A', '-ww', '-o', 'pid=,ppid=,stat=,args='], { encoding: 'utf8' })
    .split('\n')
    .flatMap((line) => {
      const [, pid, parentPid, state = '', command = ''] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
      // A zombie is gone; only nobody has asked how it ended.
      return pid === undefined || state.startsWith('Z')
        ? []
        : [{ pid: Number(pid), parentPid: Number(parentPid), command }];
    });

/** Every process below this one, however deep. */
export const descendantsOf = (pid: number): readonly ProcessInfo[] => {
  const processes = all();
  const below = (parent: number): readonly ProcessInfo[] =>
    processes.filter(({ parentPid }) => parentPid === parent).flatMap((child) => [child, ...below(child.pid)]);
  return below(pid);
};

/** Those of the processes that still run. */
export const stillRunning = (processes: readonly ProcessInfo[]): readonly ProcessInfo[] => {
  const now = new Map(all().map((one) => [one.pid, one.command]));
  return processes.filter(({ pid, command }) => now.get(pid) === command);
};

/** Every process whose command line names this text, such as a data folder. */
export const processesNaming = (text: string): readonly ProcessInfo[] =>
  all().filter(({ command }) => command.includes(text));
