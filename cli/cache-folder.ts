import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where what may be forgotten is kept between commands. */
export const cacheFolder = (): string => join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'slipway');

/** A folder of its own for what is known about one place where images go. */
export const cacheFolderOf = (place: string): string =>
  join(cacheFolder(), 'places', createHash('sha256').update(place).digest('hex').slice(0, 16));
