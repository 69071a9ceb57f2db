import { REFUSAL_CODES } from '../../shared/packaging/model/refusal.ts';
import { ERROR_CODES, HTTP_STATUS, ON_FAILURE, SlipwayError } from '../../shared/platform/errors.ts';
import { renderError } from '../../shared/platform/http/render-error.ts';
import { code, codeBlock, page, table } from './markdown.ts';
import { ERROR_ADVICE, REFUSAL_ADVICE } from './meanings.ts';

const EXAMPLE = new SlipwayError('RESOURCE_DOES_NOT_EXIST', "endpoint 'heart' does not exist", {
  details: { name: 'heart' },
});
const CORRELATION = '7f4d2b1c-0000-4000-8000-000000000000';

const shown = (dialect: 'slipway' | 'mlflow'): string =>
  codeBlock('json', JSON.stringify(renderError(EXAMPLE, dialect, CORRELATION).json, null, 2));

const titleOf = (error: (typeof ERROR_CODES)[number]): string =>
  (renderError(new SlipwayError(error, ''), 'slipway', '').json as { readonly title: string }).title;

/** `docs/reference/errors.md` */
export const errorsPage = (): string =>
  page('Errors', 'shared/platform/errors.ts and shared/packaging/refusal.ts', [
    'One set of codes for everything: HTTP answers, parked deliveries, the log. Branch on the code, never on the message. Every HTTP answer has the header `x-correlation-id`, which is also in the log; send your own (8 to 64 letters, digits, `.`, `_`, `-`) to choose it.',
    '## Codes',
    table(
      ['code', 'HTTP', 'title', 'in a handler', 'what to do'],
      ERROR_CODES.map((each) => [
        code(each),
        String(HTTP_STATUS[each]),
        titleOf(each),
        ON_FAILURE[each],
        ERROR_ADVICE[each],
      ]),
    ),
    '“In a handler” is what happens when an event or a queue message fails with this code: `retry` has it delivered again, `park` stores it with its reason because another delivery cannot help. What was retried in vain is parked in the end. See [Replay parked events](../how-to/replay-parked-events.md).',
    '## How they look',
    'Slipway’s own API (`/api/v1`), as RFC 9457 `application/problem+json`:',
    shown('slipway'),
    'The MLflow API:',
    shown('mlflow'),
    '## Refusals of packaging',
    'A version that cannot be served gets the event `slipway.package.refused`, and its rollout ends in phase `Failed` with reason `package-refused`. The message of the event says which file, what is wrong and how to put it right.',
    table(
      ['code', 'what to do'],
      [...REFUSAL_CODES, 'artifacts-unreachable' as const].map((each) => [code(each), REFUSAL_ADVICE[each]]),
    ),
    'Errors of a model that is being scored are in [Scoring](scoring.md#errors).',
  ]);
