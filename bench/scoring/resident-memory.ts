import { readdir, readFile } from 'node:fs/promises';

const PAGE_BYTES = 4096;

/** Resident MiB of all processes of a group, pages that they share counted more than once; undefined but on Linux. */
export const residentMiB = async (group: number): Promise<number | undefined> => {
  if (process.platform !== 'linux') return undefined;
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const sizes = await Promise.all(ids.map((id) => residentIn(id, group).catch(() => 0)));
  return Math.round(sizes.reduce((sum, size) => sum + size, 0) / 2 ** 20);
};

const residentIn = async (id: string, group: number): Promise<number> => {
  const stat = await readFile(`/proc/${id}/stat`, 'utf8');
  // What stands before the last bracket is the name, which may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (Number(fields[2]) !== group) return 0;
  return Number((await readFile(`/proc/${id}/statm`, 'utf8')).split(' ')[1]) * PAGE_BYTES;
};
