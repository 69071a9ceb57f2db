// A receiver for Slipway's webhook channel: checks the signature of every message and prints its title.
//
//   node examples/receive-webhooks.mjs [--port 9000] [--secret a-secret-of-16-or-more]
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({
  options: {
    port: { type: 'string', default: '9000' },
    secret: { type: 'string', default: 'a-secret-of-16-or-more' },
  },
});

/** How old a message may be: older ones may be somebody's recording. */
const MAX_AGE_SECONDS = 300;

const isGenuine = ({ headers }, body) => {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': given = '' } = headers;
  const mac = createHmac('sha256', options.secret).update(`${id}.${timestamp}.${body}`).digest('base64');
  const wanted = Buffer.from(`v1,${mac}`);
  const isFresh = Math.abs(Date.now() / 1000 - Number(timestamp)) < MAX_AGE_SECONDS;
  return isFresh && given.length === wanted.length && timingSafeEqual(Buffer.from(given), wanted);
};

createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks).toString('utf8');
  const genuine = isGenuine(request, body);
  response.writeHead(genuine ? 204 : 401).end();
  if (!genuine) return console.log('refused a message without a valid signature');
  const { severity, title } = JSON.parse(body);
  console.log(`${severity}  ${title}`);
}).listen(Number(options.port), '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${options.port}/`);
});
