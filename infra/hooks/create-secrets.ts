import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';

/**
 * Makes what this azd environment lacks: the first token, of which only the hash is kept, and the key that encrypts
 * channel secrets. Values that are set stay, so that a second deployment locks nobody out.
 */
const setValue = (name: string, value: string): void => {
  execFileSync('azd', ['env', 'set', name, value], { stdio: 'inherit' });
};

const isMissing = (name: string): boolean => (process.env[name] ?? '') === '';

if (isMissing('SLIPWAY_ACCESS_TOKEN_SHA256')) {
  const token = randomBytes(32).toString('base64url');
  setValue('SLIPWAY_ACCESS_TOKEN_SHA256', createHash('sha256').update(token).digest('hex'));
  console.log(`\nThe first token, shown only this once. It may do everything: make others with it.\n\n  ${token}\n`);
}
if (isMissing('SLIPWAY_SECRETS_KEY')) setValue('SLIPWAY_SECRETS_KEY', randomBytes(32).toString('base64'));
