import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Supervised } from './supervise.ts';

export interface ExternalHostOptions {
  /** Where the host will answer. */
  readonly url: string;
  /** A `local.settings.json`, as Core Tools read it. */
  readonly settingsFile: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly report: (line: string) => void;
}

const POLL_MS = 500;

/**
 * A Functions host that somebody else starts, such as `func start`: its settings are written, and `start` resolves
 * when it answers.
 */
export const externalHost = ({ url, settingsFile, settings, report }: ExternalHostOptions): Supervised => {
  let wanted = false;
  const forget = async (): Promise<void> => {
    wanted = false;
  };
  return {
    name: 'host',
    pid: () => -1,
    async start() {
      wanted = true;
      const file = { IsEncrypted: false, Values: settings };
      await writeFile(settingsFile, `${JSON.stringify(file, null, 2)}\n`, { mode: 0o600 });
      report(`wrote ${settingsFile}; waiting for a Functions host on ${url} (npm run build && func start)`);
      while (wanted && !(await answers(url))) await sleep(POLL_MS);
    },
    stop: forget,
    kill: forget,
  };
};

const answers = async (url: string): Promise<boolean> => {
  try {
    return (await fetch(`${url}/health`)).ok;
  } catch {
    return false;
  }
};
