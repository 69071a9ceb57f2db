// Sends rows of examples/diabetes/rows.json to an endpoint of the embedded stack, until Ctrl-C, and says every few
// seconds which deployment answered how many of them.
//
//   node examples/send-rows.mjs [--endpoint diabetes] [--per-second 40] [--port 7071] [--data .slipway]
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const WORKSPACE =
  '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/embedded/providers/Microsoft.MachineLearningServices/workspaces/embedded';
const REPORT_EVERY_MS = 5_000;

const { values: options } = parseArgs({
  options: {
    endpoint: { type: 'string', default: 'diabetes' },
    'per-second': { type: 'string', default: '40' },
    port: { type: 'string', default: '7071' },
    data: { type: 'string', default: '.slipway' },
  },
});

const azure = `http://127.0.0.1:${Number(options.port) + 1}`;
const { armToken } = JSON.parse(readFileSync(join(options.data, 'credentials.json'), 'utf8'));
const listKeys = `${azure}${WORKSPACE}/onlineEndpoints/${options.endpoint}/listKeys?api-version=2024-04-01`;
const answer = await fetch(listKeys, { method: 'POST', headers: { authorization: `Bearer ${armToken}` } });
if (!answer.ok) {
  console.error(`endpoint '${options.endpoint}' answered ${answer.status}: is its first version live already?`);
  process.exit(1);
}
const { primaryKey } = await answer.json();

const { columns, data } = JSON.parse(readFileSync(new URL('diabetes/rows.json', import.meta.url), 'utf8'));
const headers = { authorization: `Bearer ${primaryKey}`, 'content-type': 'application/json' };

let sent = 0;
let counts = {};
const count = (deployment, outcome) => {
  counts[deployment] ??= { answered: 0, failed: 0 };
  counts[deployment][outcome] += 1;
};

const send = async () => {
  const row = data[sent++ % data.length];
  const body = JSON.stringify({ input_data: { columns, index: [0], data: [row] } });
  try {
    const scored = await fetch(`${azure}/endpoints/${options.endpoint}/score`, { method: 'POST', headers, body });
    await scored.arrayBuffer();
    count(scored.headers.get('azureml-model-deployment') ?? 'nobody', scored.ok ? 'answered' : 'failed');
  } catch {
    count('nobody', 'failed');
  }
};

console.log(`sending ${options['per-second']} rows a second to ${azure}/endpoints/${options.endpoint}/score`);
setInterval(() => void send(), 1000 / Number(options['per-second']));
setInterval(() => {
  const text = Object.entries(counts).map(
    ([name, { answered, failed }]) => `${name}: ${answered} answered, ${failed} failed`,
  );
  console.log(text.join('   '));
  counts = {};
}, REPORT_EVERY_MS);
