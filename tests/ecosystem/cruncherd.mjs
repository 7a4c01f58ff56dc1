// A real cruncherd on a free port, for one test. Its path comes from the environment: CRUNCHERD, and UNRULY for the
// cruncher that misbehaves on request.

import {request} from 'node:http';
import {createServer} from 'node:net';

import {Program} from './program.mjs';

function fromEnvironment(name) {
  const path = process.env[name];
  if (!path) throw new Error(`${name} is not set: run these tests with ./dev test ecosystem`);
  return path;
}

export const cruncherdPath = () => fromEnvironment('CRUNCHERD');
export const unrulyPath = () => fromEnvironment('UNRULY');

/** Starts it with `flags`; resolves once it listens. `t` is the test, with which it goes. */
export async function startCruncherd(t, flags = [], port = 0) {
  const blocking = flags.includes('--blocking-route') ? [] : ['--blocking-route', 'on'];
  const program = new Program(cruncherdPath(), ['--port', String(port), ...blocking, ...flags]);
  t.after(() => program.stop());
  const [, url] = await program.prints(/listening on (http:\/\/[^\s"]+)/);
  return Object.assign(program, {url});
}

/** The same with one slot, which is taken for ten minutes. */
export async function startBusyCruncherd(t, ...flags) {
  const leave = new AbortController();
  t.after(() => leave.abort());  // before the server is stopped, which would wait for the job
  const server = await startCruncherd(t, ['--running', '1', '--timeout', '10m', ...flags]);
  fetch(`${server.url}/non-blocking?CPUTimeMs=600000`, {signal: leave.signal}).catch(() => {});
  await eventually(async () => (await ask(`${server.url}/status`)).json().slots.running === 1);
  return server;
}

/** A port that nothing listens on now, for programs that cannot choose one themselves. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const {port} = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** One request on a connection of its own: {status, headers, body, json()}. */
export function ask(url, {method = 'GET', headers = {}, json = undefined} = {}) {
  const content = json === undefined ? undefined : JSON.stringify(json);
  if (content !== undefined) headers = {'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(content), ...headers};
  return new Promise((resolve, reject) => {
    const outgoing = request(url, {method, headers, agent: false, timeout: 60_000}, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text) => { body += text; }).on('error', reject);
      response.on('end', () => resolve({status: response.statusCode, headers: response.headers, body, json: () => JSON.parse(body)}));
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer to ${method} ${url}`))).on('error', reject);
    outgoing.end(content);
  });
}

/** Asks `question` until it gives something true, which is returned; the last answer or error is told where it never does. */
export async function eventually(question, ms = 20_000) {
  const giveUp = Date.now() + ms;
  for (;;) {
    const answer = await question().catch((error) => { if (Date.now() > giveUp) throw error; });
    if (answer) return answer;
    if (Date.now() > giveUp) throw new Error(`still not so after ${ms} ms: ${question}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
