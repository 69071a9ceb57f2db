import pc from 'picocolors';
import { lineWidth, plain, wrapped } from './terminal.ts';

const LABEL_WIDTH = 13;
const MAX_LINES = 20;

/** A label with its lines beside it, or nothing. */
export const section = (label: string, lines: readonly string[] | undefined, paint = pc.dim): readonly string[] => {
  const few = (lines ?? []).slice(0, MAX_LINES);
  const left = (lines ?? []).length - few.length;
  const shown = [...few.map(plain), ...(left > 0 ? [`… and ${left} more`] : [])];
  return shown
    .flatMap((line) => wrapped(line, lineWidth() - LABEL_WIDTH - 1))
    .map((line, at) => `${paint((at === 0 ? label : '').padEnd(LABEL_WIDTH))} ${line}`);
};
