import { isSlipwayError, SlipwayError } from '../../platform/errors.ts';
import { checkEgressUrl, type PrivateEgress } from '../../platform/http/egress.ts';
import { WEBHOOK_STATUSES, type WebhookStatus } from './webhook.ts';

/** Rules of a webhook's fields, refused in MLflow's words: its users' tests match on them. */

const MAX_URL = 2048;
const MAX_DESCRIPTION = 1000;
const MAX_SECRET = 1000;
const MOST_PATTERNS = 50;

const NAME = /^[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$/i;
const PATTERN = /^[^*]{1,256}$|^[^*]{0,255}\*$/;

const invalid = (message: string, cause?: unknown): SlipwayError =>
  new SlipwayError('INVALID_PARAMETER_VALUE', message, { cause });

export const checkName = (name: string): string => {
  if (NAME.test(name)) return name;
  throw invalid(
    `Webhook name '${name.slice(0, 100)}' is invalid. It must start and end with a letter or digit, be at most 63 ` +
      'characters long, and contain only letters, digits, dots (.), underscores (_), and hyphens (-).',
  );
};

/** The URL without blanks around it, when it may be called as far as its text tells. */
export const checkUrl = (url: string, privateEgress: PrivateEgress): string => {
  const text = url.trim();
  if (text === '') throw invalid(`Webhook URL cannot be empty or just whitespace: '${url}'`);
  if (text.length > MAX_URL) throw invalid(`Invalid webhook URL: it is longer than ${MAX_URL} characters.`);
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1]?.toLowerCase() ?? '';
  if (scheme !== '' && !URL.canParse(text)) throw invalid(`Invalid webhook URL '${text}': it cannot be parsed.`);
  const schemes = privateEgress === 'allow' ? ['https', 'http'] : ['https'];
  if (!schemes.includes(scheme)) {
    throw invalid(`Invalid webhook URL scheme: '${scheme}'. Allowed schemes are: ${schemes.join(', ')}.`);
  }
  try {
    checkEgressUrl(text, privateEgress);
  } catch (cause) {
    throw isSlipwayError(cause) ? invalid(`Invalid webhook URL '${text}': ${cause.message}`, cause) : cause;
  }
  return text;
};

export const checkDescription = (description: string): string => {
  if (description.length <= MAX_DESCRIPTION) return description;
  throw invalid(`'description' exceeds the maximum length of ${MAX_DESCRIPTION} characters`);
};

export const checkSecret = (secret: string): string => {
  if (secret.length <= MAX_SECRET) return secret;
  throw invalid(`'secret' exceeds the maximum length of ${MAX_SECRET} characters`);
};

export const checkStatus = (status: string): WebhookStatus => {
  const known = WEBHOOK_STATUSES.find((one) => one === status);
  if (known !== undefined) return known;
  throw invalid(`Invalid webhook status '${status}'. Valid statuses are: ${WEBHOOK_STATUSES.join(', ')}`);
};

export const checkModels = (models: readonly string[]): readonly string[] => {
  if (models.length <= MOST_PATTERNS && models.every((pattern) => PATTERN.test(pattern))) return models;
  throw invalid(
    `Invalid 'models': at most ${MOST_PATTERNS} model names, each of which may have one '*', as its last character.`,
  );
};
