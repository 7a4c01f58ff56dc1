// A loop of the kind of of-watchdog: a process per request, its stdin and stdout the request's and the response's content, SIGKILL to it
// after two seconds or when the client has left.
import { spawn } from 'node:child_process';
import http from 'node:http';

const [port, program] = process.argv.slice(2);

http.createServer((request, response) => {
  const url = new URL(request.url, 'http://localhost');
  if (url.pathname === '/') return response.end('light');
  const child = spawn(program, [url.searchParams.get('fault'), url.searchParams.get('token')]);
  const late = setTimeout(() => child.kill('SIGKILL'), 2000);
  response.on('close', () => child.kill('SIGKILL'));
  request.pipe(child.stdin).on('error', () => {});
  const parts = [];
  child.stdout.on('data', (part) => parts.push(part));
  child.stderr.resume();
  child.on('close', (code) => {
    clearTimeout(late);
    response.writeHead(code === 0 ? 200 : 500).end(Buffer.concat(parts));
  });
}).listen(Number(port), '127.0.0.1');
