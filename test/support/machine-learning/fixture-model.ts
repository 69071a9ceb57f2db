import type { LayoutImage } from './oci-layout.ts';

/**
 * A model server in twenty lines. `BEHAVIOUR` is one of ok, crash (at start), never-ready, error (500 for every
 * request), slow (answers after DELAY_MS). A request whose body contains "die" ends the process, "hang" blocks it, and
 * "stream" is answered in parts.
 */
const SERVER = `
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
const { PORT, MODEL_FILE, BEHAVIOUR = 'ok', DELAY_MS = '0' } = process.env;
const name = readFileSync(MODEL_FILE, 'utf8').trim();
console.log('loading ' + name);
if (BEHAVIOUR === 'crash') { console.error('cannot load the model'); process.exit(3); }
createServer((request, response) => {
  if (request.method === 'GET') return response.writeHead(BEHAVIOUR === 'never-ready' ? 503 : 200).end();
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks).toString();
    if (body.includes('"die"')) process.exit(9);
    if (body.includes('"hang"')) for (;;);
    if (body.includes('"environment"')) return response.end(JSON.stringify(process.env));
    if (body.includes('"stream"')) {
      response.write('[1,');
      return setTimeout(() => response.end('2]'), 20);
    }
    const status = BEHAVIOUR === 'error' ? 500 : Number(/"status":(\\d+)/.exec(body)?.[1] ?? 200);
    const answer = JSON.stringify([name]);
    const head = { 'content-type': 'application/json', 'content-length': answer.length };
    setTimeout(() => response.writeHead(status, head).end(answer), Number(DELAY_MS));
  });
}).listen(Number(PORT), '127.0.0.1', () => console.log('listening'));
`;

/** The image of a model that answers with its own name. */
export const fixtureImage = (name: string, env: Readonly<Record<string, string>> = {}): LayoutImage => ({
  layers: [{ 'opt/app/server.mjs': SERVER }, { 'opt/ml/model/name.txt': name }],
  config: {
    Entrypoint: ['node', '/opt/app/server.mjs'],
    Env: ['MODEL_FILE=/opt/ml/model/name.txt', ...Object.entries(env).map(([key, value]) => `${key}=${value}`)],
    WorkingDir: '/opt/ml',
  },
});
