import { type Refusal, refusal } from './refusal.ts';

const FUNCTIONS = ['init', 'run'] as const;

/** Why a scoring script cannot be called as Azure ML calls it: `init()` once, then `run(body)` for each request. */
export const checkScript = (text: string): Refusal | undefined => {
  const missing = FUNCTIONS.filter((name) => !defines(text, name));
  if (missing.length === 0) return undefined;
  const what = `does not define ${missing.map((name) => `\`${name}\``).join(' and ')} at its top level`;
  return refusal('script-incomplete', 'score.py', what, 'Write `def init():` and `def run(raw_data):`.');
};

/** Defined, assigned or imported at the top level. Decorators and indentation below do not matter. */
const defines = (text: string, name: string): boolean =>
  new RegExp(`^(?:(?:async[ \\t]+)?def[ \\t]+${name}[ \\t]*\\(|${name}[ \\t]*=)`, 'm').test(text) ||
  new RegExp(`^from[ \\t]+[\\w.]+[ \\t]+import[ \\t]+(?:\\([^)]*|[^\\n]*)\\b${name}\\b`, 'm').test(text);
