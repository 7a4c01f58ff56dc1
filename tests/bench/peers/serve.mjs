// The HTTP side that all Node servers of the benchmark share: `/` answers the given bytes, and
// `/non-blocking?CPUTimeMs=N` whatever `runJob(N)` resolves to.
import { readFileSync } from 'node:fs';
import http from 'node:http';

export const [port, bodyFile] = process.argv.slice(2);
export const lightBody = readFileSync(bodyFile);

export function serve(runJob) {
  const server = http.createServer(async (request, response) => {
    const url = new URL(request.url, 'http://localhost');
    if (url.pathname === '/') {
      answer(response, 200, lightBody);
    } else if (url.pathname === '/non-blocking' && runJob) {
      try {
        const result = await runJob(Number(url.searchParams.get('CPUTimeMs')));
        answer(response, 200, JSON.stringify({ result }));
      } catch (error) {
        answer(response, 500, JSON.stringify({ title: error.message }));
      }
    } else {
      answer(response, 404, '{}');
    }
  });
  server.listen(Number(port), '127.0.0.1', 511);
}

function answer(response, status, body) {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}
