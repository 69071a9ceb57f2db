import type { Clock } from '../../shared/platform/time.ts';
import { toIso } from '../../shared/platform/time.ts';

const MAX_LINES = 5_000;

/** The last lines that a deployment's containers wrote, one after the other. */
export class ContainerLog {
  readonly #lines: string[] = [];
  readonly #clock: Clock;
  #open = '';

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  write(chunk: Buffer): void {
    const lines = (this.#open + chunk.toString('utf8')).split('\n');
    this.#open = lines.pop() ?? '';
    for (const line of lines) this.#push(line);
  }

  /** A line of the platform's own. */
  line(text: string): void {
    this.#push(`${toIso(this.#clock())} ${text}`);
  }

  tail(count: number): string {
    const lines = this.#open === '' ? this.#lines : [...this.#lines, this.#open];
    return lines.slice(-count).join('\n');
  }

  #push(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > MAX_LINES * 1.2) this.#lines.splice(0, this.#lines.length - MAX_LINES);
  }
}
