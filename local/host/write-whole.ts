import { open, rename } from 'node:fs/promises';

/** Replaces a file so that a crash leaves the one or the other whole, never a part. */
export const writeWhole = async (file: string, text: string, mode = 0o644): Promise<void> => {
  const draft = `${file}.${process.pid}.tmp`;
  const handle = await open(draft, 'w', mode);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, file);
};
