import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { openGraph } from '../graph.ts';

/** The least that answers MLflow's requests over HTTP. */
const graph = await openGraph(process.env['MODEL'] ?? '');

createServer((request, response) => {
  if (request.method === 'GET') {
    response.end('\n');
    return;
  }
  void buffer(request).then(async (body) => {
    const { dataframe_split: split } = JSON.parse(body.toString()) as { dataframe_split: { data: number[][] } };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ predictions: await graph.predict(split.data) }));
  });
}).listen(Number(process.env['PORT']), '127.0.0.1');
