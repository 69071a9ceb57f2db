import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { ImageConfig, ImageSource } from './options.ts';

export interface UnpackedImage {
  readonly rootfs: string;
  readonly config: ImageConfig;
}

const texts = z.array(z.string()).nullish();
const imageConfig = z.object({ Entrypoint: texts, Cmd: texts, Env: texts, WorkingDir: z.string().optional() });

/** Images by reference, each pulled once however often and however concurrently it is asked for. */
export class ImageCache {
  readonly #dir: string;
  readonly #source: ImageSource;
  readonly #pulling = new Map<string, Promise<UnpackedImage>>();

  constructor(dir: string, source: ImageSource) {
    this.#dir = dir;
    this.#source = source;
  }

  /** The unpacked image; what the source throws is thrown on, and the next call tries again. */
  get(reference: string): Promise<UnpackedImage> {
    const running = this.#pulling.get(reference) ?? this.#load(reference);
    this.#pulling.set(reference, running);
    running.catch(() => this.#pulling.delete(reference));
    return running;
  }

  async #load(reference: string): Promise<UnpackedImage> {
    const dir = join(this.#dir, createHash('sha256').update(reference).digest('hex').slice(0, 24));
    const kept = await readFile(join(dir, 'config.json'), 'utf8').catch(() => undefined);
    if (kept !== undefined) return { rootfs: join(dir, 'rootfs'), config: imageConfig.parse(JSON.parse(kept)) };
    // Unpacked aside, so that a directory with its own name is always complete.
    const aside = `${dir}.${randomUUID()}`;
    try {
      await mkdir(join(aside, 'rootfs'), { recursive: true });
      const config = imageConfig.parse(await this.#source.pullImage(reference, join(aside, 'rootfs')));
      await writeFile(join(aside, 'config.json'), JSON.stringify(config));
      await rm(dir, { recursive: true, force: true });
      await rename(aside, dir);
      return { rootfs: join(dir, 'rootfs'), config };
    } catch (error) {
      await rm(aside, { recursive: true, force: true });
      throw error;
    }
  }
}
