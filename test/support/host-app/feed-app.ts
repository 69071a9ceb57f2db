import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { app } from '@azure/functions';

interface Entry {
  readonly id: string;
  readonly failTimes?: number;
}

/** What ran goes to a file, because the tests kill this process. */
const write = (line: object) => appendFileSync(String(process.env['SEEN_FILE']), `${JSON.stringify(line)}\n`);

const failures = new Map<string, number>();

const record = (fn: string) => async (documents: unknown[]) => {
  const entries = documents as Entry[];
  write({ fn, begun: entries.map(({ id }) => id) });
  await sleep(Number(process.env['HANDLER_MS'] ?? 0));
  for (const { id, failTimes = 0 } of entries) {
    const failed = failures.get(`${fn} ${id}`) ?? 0;
    failures.set(`${fn} ${id}`, failed + 1);
    if (failed < failTimes) throw new Error(`${id} fails ${failTimes} times`);
  }
  write({ fn, done: entries.map(({ id }) => id) });
};

const common = {
  connection: 'Cosmos',
  databaseName: 'db',
  containerName: 'entries',
  leaseContainerName: 'leases',
  feedPollDelay: 50,
  maxItemsPerInvocation: 5,
};

app.cosmosDB('from-beginning', {
  ...common,
  leaseContainerPrefix: 'beginning-',
  startFromBeginning: true,
  retry: { strategy: 'fixedDelay', maxRetryCount: -1, delayInterval: 0 },
  handler: record('from-beginning'),
});

app.cosmosDB('from-now', { ...common, leaseContainerPrefix: 'now-', handler: record('from-now') });
