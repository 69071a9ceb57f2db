import type { Account } from './account.ts';
import { isExpired } from './time-to-live.ts';
import { Transaction } from './transaction.ts';

const removeExpired = (account: Account, database: string): void => {
  const now = account.now();
  for (const container of account.database(database).containers.values()) {
    if (container.definition.defaultTtl === undefined) continue;
    for (const partition of [...container.partitions.values()]) {
      const transaction = new Transaction(container, partition.key, now);
      for (const { id, body } of partition.documents.values()) {
        if (isExpired(container.definition, body, now)) transaction.remove(id);
      }
      account.commit(database, transaction);
    }
  }
};

/** Frees the memory of expired documents. They were invisible before, so nobody sees a difference. */
export const sweepExpired = (account: Account): void => {
  for (const database of account.databases.keys()) removeExpired(account, database);
};
