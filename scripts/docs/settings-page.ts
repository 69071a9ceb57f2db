import { configSchema } from '../../shared/platform/config.ts';
import { BLOB_CONTAINERS, CONTAINERS, QUEUES } from '../../shared/platform/resources.ts';
import { defaultText, fieldsOf, jsonSchema, typeText } from './fields.ts';
import { code, page, table } from './markdown.ts';
import { SETTING_MEANINGS } from './meanings.ts';

const CONFIG = jsonSchema(configSchema);

/** Every setting that a meaning may be given for. */
export const settingNames = (): readonly string[] => Object.keys(CONFIG.properties ?? {});

const rows = (): readonly (readonly string[])[] =>
  fieldsOf(CONFIG).map(({ path, required, schema }) => {
    const meaning = SETTING_MEANINGS[path] ?? schema.description;
    if (meaning === undefined) throw new Error(`say in meanings.ts what the setting ${path} means`);
    return [code(path), typeText(schema), required ? 'required' : defaultText(schema), meaning];
  });

const expiry = (seconds: number | undefined): string =>
  seconds === undefined ? 'never' : `after ${Math.round(seconds / 86_400)} days`;

/** `docs/reference/settings.md` */
export const settingsPage = (): string =>
  page('Settings', 'shared/platform/config.ts and shared/platform/resources.ts', [
    'Environment variables of the function app. The embedded stack and the Bicep files set all of them; a missing or wrong one stops the start, and the log names it. What `azd up` asks for is in [Deploy to Azure](../how-to/deploy-to-azure.md).',
    table(['setting', 'type', 'default', 'meaning'], rows()),
    'With `ACCESS=token`, `ACCESS_TOKEN_SHA256` must be set, or `ENTRA_TENANT_ID` and `ENTRA_AUDIENCE`, or all three. See [Access](access.md).',
    'The Functions host itself also needs `AzureWebJobsStorage` and the connection `COSMOS` (in Azure by identity: `AzureWebJobsStorage__…`, `COSMOS__…`).',
    '## Flags of `npm start`',
    'After `--`, as in `npm start -- --port 8080`. See [Run the embedded stack](../how-to/run-the-embedded-stack.md).',
    '## Names of stored things',
    table(
      ['Cosmos DB container', 'partition key', 'expires', 'journal'],
      Object.entries(CONTAINERS).map(([name, container]) => [
        code(name),
        code(container.partitionKey),
        expiry('defaultTtl' in container ? container.defaultTtl : undefined),
        container.journaled ? 'yes' : '',
      ]),
    ),
    `Queues, each with a ${code('<name>-poison')} beside it: ${QUEUES.map(code).join(', ')}. Blob containers: ${BLOB_CONTAINERS.map(code).join(', ')}.`,
  ]);
