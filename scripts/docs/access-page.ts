import { apiRoutes } from '../../functions/http/api/routes.ts';
import { mlflowRoutes } from '../../functions/http/mlflow/routes.ts';
import { mlflowWebhook } from '../../functions/http/mlflow/webhook.ts';
import { ROLES, type Role } from '../../shared/platform/access/role.ts';
import type { AnyRoute } from '../../shared/platform/http/route.ts';
import { code, page, table } from './markdown.ts';

type Route = AnyRoute<never>;

const MAY: Readonly<Record<Role, string>> = {
  reader: 'Look: models, runs, artifacts, rollouts, endpoints, policies, alert rules, the journal.',
  publisher: 'Also register models and versions, set tags and aliases, log runs, upload artifacts.',
  operator:
    'Also start and command rollouts, set policies, monitors, alert rules, channels and webhooks, see the latter two, whose URLs may hold secrets, and replay.',
  admin: 'Also give and take tokens.',
};

/** Which models count where only the handler can tell, and what counts instead of a role on public routes. A test compares the names with the routes. */
export const ABOUT: Readonly<Record<string, string>> = {
  'mlflow-put-signed-part': 'the signature in the URL, which a publisher was given for an hour',
  'mlflow-get-signed-file': 'the signature in the URL, which a reader was given for an hour',
  'mlflow-webhook': 'the signature in the headers, made with the secret of an origin server',
  'mlflow-search-registered-models': 'shows those that may be read',
  'mlflow-search-model-versions': 'shows those that may be read',
  'api-models-list': 'shows those that may be read',
  'api-versions-list': 'shows those that may be read',
  'api-environments-get': 'nobody else’s: packages that may be read tell the key',
  'api-environments-result': 'the token in the headers, which came with the request for that build',
  'api-packages-list': 'shows those of models that may be read',
  'api-rollouts-list': 'shows those of models that may be read',
  'api-rollouts-get': 'the model of the rollout',
  'api-rollouts-command': 'the models of the rollout: the one that comes and the one that goes',
  'api-endpoints-list': 'shows those that serve a model that may be read',
  'api-endpoints-get': 'one of the models on it',
  'api-monitors-list': 'shows those of models that may be read',
  'api-monitors-get': 'the model of the monitor',
  'api-events-list': 'shows what is about models that may be read; about tokens and refused logins, for `admin`',
  'api-events-get': 'the model of the entry; about tokens and refused logins, for `admin`',
};

const ALSO: Readonly<Record<string, string>> = {
  'mlflow-create-model-version': '; as `reader`, also the model that a `models:/` source names',
  'api-rollouts-start': '; with a `policy` about other models, these too',
};

const aboutOf = ({ name, models, access }: Route): string => {
  if (access === 'public') return ABOUT[name] ?? '';
  if (access === 'admin') return '';
  if (models === 'all') return 'all models';
  return `${typeof models === 'function' ? 'the named model' : (ABOUT[name] ?? '')}${ALSO[name] ?? ''}`;
};

const row = (route: Route): readonly string[] => [code(`${route.method} /${route.path}`), route.access, aboutOf(route)];

const HEAD = ['route', 'least role', 'for'] as const;
/** The same call at the place of MLflow's browser UI; what is there alone has a row of its own. */
const isMirror = ({ method, path }: Route): boolean =>
  path.startsWith('ajax-api/') &&
  mlflowRoutes.some((other) => other.method === method && other.path === path.replace('ajax-api/', 'api/'));

/** `docs/reference/access.md` */
export const accessPage = (): string =>
  page('Access', 'the routes in functions/http/ and shared/platform/access/', [
    'Who may do what, and how callers show who they are. How to hand out access: [Give access](../how-to/give-access.md).',
    '## Credentials',
    [
      '- `Authorization: Bearer <token>`: what MLflow sends with `MLFLOW_TRACKING_TOKEN`.',
      '- `Authorization: Basic …` with the token as password: what MLflow sends with `MLFLOW_TRACKING_USERNAME` and `MLFLOW_TRACKING_PASSWORD`. The user name is shown as the actor; with a token of ours the name of the token stands beside it, so that nobody passes for somebody else.',
    ].join('\n'),
    'Three kinds of token are taken:',
    table(
      ['token', 'looks like', 'may do', 'ends'],
      [
        [
          'of the settings',
          'anything; the app knows the SHA-256, `ACCESS_TOKEN_SHA256`',
          '`admin`',
          'when the setting changes',
        ],
        [
          'of ours',
          '`slp_<id>_<secret>`, from `POST /api/v1/tokens`',
          'its grants',
          'at `expiresAt`, or within 30 seconds after it was revoked',
        ],
        [
          'of Entra',
          'an access token (JWT) for the app registration in `ENTRA_AUDIENCE`',
          'its app roles, for all models',
          'when it expires, after about an hour',
        ],
      ],
    ),
    'Tokens of ours are stored as their SHA-256 only. A worker remembers one for at most 30 seconds after it read it, so calls need no read of their own, and a revoked token may be taken for so long.',
    'Of Entra’s tokens are checked: signature (RS256, keys of the tenant), issuer (version 1 and 2), audience, times, and that it is an access token. App roles are `Slipway.Reader`, `Slipway.Publisher`, `Slipway.Operator` and `Slipway.Admin`. While Entra’s keys cannot be read, answers are 503.',
    '## Roles',
    table(
      ['role', 'may'],
      ROLES.map((role) => [code(role), MAY[role]]),
    ),
    '## Grants',
    'A token has one or more grants: a role, and `models`, the registered models that it is for. Without `models` it is for all. A trailing `*` matches every name that begins so. `admin` is always for all.',
    [
      '- A route that names a model wants the role for that model.',
      '- A route about no model (runs, experiments, logged models, artifacts) wants the role in any grant. The artifact store is not divided by model: who may publish any model may read and overwrite every file in it. What was packaged does not change with it.',
      '- A route about what all models share wants the role in a grant for all models.',
      '- Lists and searches leave out what may not be read; a page may then be short.',
    ].join('\n'),
    '## Refusals',
    table(
      ['answer', 'means'],
      [
        [
          '401 `UNAUTHENTICATED`',
          'No credentials, or wrong, expired or revoked ones. `WWW-Authenticate` names both schemes.',
        ],
        [
          '403 `PERMISSION_DENIED`',
          'The message says which role was needed, on which model, who you are and what you have.',
        ],
      ],
    ),
    'Wrong credentials are answered late: after three of one address by 250 ms, doubling up to 4 s, of at most four requests at a time on one instance. Right ones never are, also from the same address. The first of each address and hour is journaled as `slipway.access.refused`.',
    'With `ACCESS=open`, which is accepted only when `PUBLIC_URL` is loopback, everybody may do everything.',
    '## Routes',
    'Every route with the least role that may call it; higher roles may too. “For” says which models the role must be for; nothing there: any.',
    '### MLflow API',
    'Those under `/api` that MLflow’s browser UI calls are also under `/ajax-api`, with the same role.',
    table(HEAD, mlflowRoutes.filter((route) => !isMirror(route)).map(row)),
    '### Slipway API',
    table(HEAD, apiRoutes.map(row)),
    '### Webhooks of other registries',
    table(HEAD, [row(mlflowWebhook)]),
    'The doors of the Functions host (`/runtime/webhooks`, `/admin`) ask for the host’s own keys.',
  ]);
