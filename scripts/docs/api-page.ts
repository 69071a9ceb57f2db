import type * as z from 'zod';
import { apiRoutes } from '../../functions/http/api/routes.ts';
import type { AnyRoute } from '../../shared/platform/http/route.ts';
import { defaultText, type Field, fieldsOf, jsonSchema, typeText } from './fields.ts';
import { code, page, table } from './markdown.ts';

type Route = AnyRoute<never>;

const ROUTES = apiRoutes as readonly Route[];
const HEAD = ['where', 'name', 'type', 'default', 'meaning'] as const;

const row = (where: string, { path, required, schema }: Field): readonly string[] => [
  where,
  code(path),
  typeText(schema),
  required ? 'required' : defaultText(schema),
  schema.description ?? '',
];

const inputRows = ({ params, query, body }: Route): readonly (readonly string[])[] => {
  const parts: readonly (readonly [string, z.ZodType | undefined])[] = [
    ['path', params],
    ['query', query],
    ['body', body === 'stream' ? undefined : body],
  ];
  return parts.flatMap(([where, schema]) =>
    schema === undefined ? [] : fieldsOf(jsonSchema(schema)).map((field) => row(where, field)),
  );
};

const answerText = ({ output }: Route): string => {
  if (output === undefined) return 'Answers without a body.';
  const { properties = {} } = jsonSchema(output, 'output');
  const item = properties['items']?.items?.properties;
  const names = Object.keys(item ?? properties).map(code);
  return item === undefined
    ? `Answers ${names.join(', ')}.`
    : `Answers \`items\`, each with ${names.join(', ')}${'next' in properties ? '; and `next` when there is more' : ''}.`;
};

/** What zod does not know of: bodies that are checked behind the schema. */
const NOTES: Readonly<Record<string, string>> = {
  'api-policies-put':
    'The body is a policy: all its fields are in [Rollout policies](policies.md). `If-Match` replaces only that rev, `If-None-Match: *` only creates.',
  'api-channels-put':
    'For `webhook`: `url` (required) and `secret` (16 to 256 characters; signs every message; write-only, and kept when absent). For `log`: nothing more.',
  'api-rollouts-command':
    '`If-Match` may stand for `expectRev`. What each command does: [Roll back or pause](../how-to/roll-back-or-pause.md).',
  'api-events-list': '`journal` chooses the container; each entry is what was published as an event.',
  'api-tokens-create':
    'Either `role` or `grants`: [Give access](../how-to/give-access.md). Asked twice it makes two tokens.',
  'api-openapi': 'OpenAPI 3.1, made from the schemas that parse requests; open without a token.',
};

const routeBlocks = (route: Route): readonly string[] => [
  `### ${code(`${route.method} /${route.path}`)}`,
  route.summary.endsWith('.') ? route.summary : `${route.summary}.`,
  NOTES[route.name] ?? '',
  table(HEAD, inputRows(route)),
  route.name === 'api-openapi' ? '' : answerText(route),
];

const areaOf = ({ path }: Route): string => {
  const area = path.startsWith('api/v1/') ? (path.split('/')[2] ?? '') : 'description';
  return area.replaceAll('-', ' ').replace(/^./, (first) => first.toUpperCase());
};

/** `docs/reference/api.md` */
export const apiPage = (): string =>
  page('API', 'the routes in functions/http/', [
    'Slipway’s own API. JSON in and out. The same, for machines: `/api/openapi.json`. The MLflow API has a page of its own: [MLflow compatibility](mlflow-compatibility.md).',
    [
      '- **Access.** `Authorization: Bearer <token>`, or Basic with the token as password; which role each route wants is in [Access](access.md). The embedded stack is open unless started with `--auth`.',
      '- **Bodies** are `application/json`, at most 1 MiB.',
      '- **Errors** are RFC 9457 problems: [Errors](errors.md).',
      '- **Lists** come in pages: give `next` of one answer as `cursor` of the next request.',
      '- **ETags.** Where an answer has an `ETag`, `If-Match` makes a write conditional on it, and a stale one is answered 412.',
    ].join('\n'),
    ...[...Map.groupBy(ROUTES, areaOf)].flatMap(([area, routes]) => [`## ${area}`, ...routes.flatMap(routeBlocks)]),
  ]);
