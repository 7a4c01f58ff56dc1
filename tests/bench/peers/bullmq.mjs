// BullMQ behind HTTP: `POST /jobs` is answered 202 once Redis has the job, with `?wait` 200 once it is done; `/` gives the given bytes.
import { Queue, QueueEvents } from 'bullmq';
import { readFileSync } from 'node:fs';
import http from 'node:http';

const [port, bodyFile, redisPort] = process.argv.slice(2);
const lightBody = readFileSync(bodyFile);
const connection = { host: '127.0.0.1', port: Number(redisPort) };
const queue = new Queue('bench', { connection });
const events = new QueueEvents('bench', { connection });
await Promise.all([queue.waitUntilReady(), events.waitUntilReady()]);

http
  .createServer(async (request, response) => {
    if (request.method === 'GET') return answer(response, 200, lightBody);
    try {
      let text = '';
      for await (const part of request) text += part;
      const job = await queue.add('job', JSON.parse(text));
      if (!request.url.endsWith('?wait')) return answer(response, 202, JSON.stringify({ id: job.id, state: 'queued' }));
      answer(response, 200, JSON.stringify({ result: await job.waitUntilFinished(events) }));
    } catch (error) {
      answer(response, 500, JSON.stringify({ title: error.message }));
    }
  })
  .listen(Number(port), '127.0.0.1', 511);

function answer(response, status, body) {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}
