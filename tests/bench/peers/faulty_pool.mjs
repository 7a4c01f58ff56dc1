// Piscina with the limits that it has: a heap for each thread, and a signal that ends a task's thread when its time is over.
import http from 'node:http';
import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';

const [port] = process.argv.slice(2);
const pool = new Piscina({
  filename: new URL('faulty_worker.mjs', import.meta.url).href,
  minThreads: availableParallelism(),
  maxThreads: availableParallelism(),
  resourceLimits: { maxOldGenerationSizeMb: 512 },
});

http.createServer(async (request, response) => {
  const url = new URL(request.url, 'http://localhost');
  if (url.pathname === '/') return response.end('light');
  const leave = new AbortController();
  const late = setTimeout(() => leave.abort(), 2000);
  response.on('close', () => leave.abort());
  try {
    response.end(await pool.run(Object.fromEntries(url.searchParams), { signal: leave.signal }));
  } catch (error) {
    response.writeHead(leave.signal.aborted ? 504 : error.message === 'no such fault' ? 404 : 500).end(error.message);
  } finally {
    clearTimeout(late);
  }
}).listen(Number(port), '127.0.0.1');
