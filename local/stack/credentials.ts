import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';

const schema = z.object({
  cosmosKey: z.base64(),
  topicKey: z.base64(),
  armToken: z.string(),
  secretsKey: z.base64(),
  accessToken: z.string(),
});

/** Keys of one stack: made once, kept beside its data, readable by its owner only. */
export type Credentials = Readonly<z.output<typeof schema>>;

const random = (): string => randomBytes(32).toString('base64');

/** The credentials in the data folder, created on the first start. */
export const loadCredentials = async (dataDir: string): Promise<Credentials> => {
  const path = join(dataDir, 'credentials.json');
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text !== undefined) return schema.parse(JSON.parse(text));
  const fresh: Credentials = {
    cosmosKey: random(),
    topicKey: random(),
    armToken: randomBytes(24).toString('base64url'),
    secretsKey: random(),
    accessToken: randomBytes(24).toString('base64url'),
  };
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  await writeFile(path, JSON.stringify(fresh, null, 2), { mode: 0o600 });
  return fresh;
};

export const sha256Hex = (text: string): string => createHash('sha256').update(text).digest('hex');
