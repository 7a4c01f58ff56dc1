// /openapi.json: redocly finds no fault, and prism's validating proxy sees no difference between what it says and
// what the server does while the requests of the Postman collection run through it.

import assert from 'node:assert/strict';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import test from 'node:test';

import {ask, freePort, startCruncherd} from './cruncherd.mjs';
import {collection} from './postman.mjs';
import {Program, run, tool} from './program.mjs';

async function documentFile(t, server) {
  const folder = await mkdtemp(`${tmpdir()}/cruncher-openapi-`);
  t.after(() => rm(folder, {recursive: true}));
  const {status, body} = await ask(`${server.url}/openapi.json`);
  assert.equal(status, 200);
  await writeFile(`${folder}/openapi.json`, body);
  return `${folder}/openapi.json`;
}

test('redocly finds no error in it', {timeout: 120_000}, async (t) => {
  const file = await documentFile(t, await startCruncherd(t));
  const {code, output} = await run(tool('redocly'), ['lint', '--config', new URL('redocly.yaml', import.meta.url).pathname, file],
      {ms: 100_000, env: {REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true'}});
  assert.equal(code, 0, output);
  assert.match(output, /Your API description is valid/);
  assert.doesNotMatch(output, /Warning was generated/);
});

test('the document lists every route, and every task with its schema', {timeout: 60_000}, async (t) => {
  const server = await startCruncherd(t);
  const {paths, openapi} = (await ask(`${server.url}/openapi.json`)).json();
  assert.match(openapi, /^3\.1\./);
  for (const path of ['/', '/blocking', '/non-blocking', '/tasks', '/tasks/primes', '/tasks/mandelbrot', '/healthz', '/readyz',
    '/metrics', '/status', '/status/history', '/dashboard', '/demo', '/openapi.json']) assert.ok(paths[path], path);
  const {tasks} = (await ask(`${server.url}/tasks`)).json();
  for (const {name} of tasks) assert.ok(paths[`/tasks/${name}`]?.post, name);
});

test('prism finds no difference between the document and the answers', {timeout: 180_000}, async (t) => {
  const server = await startCruncherd(t);
  const port = await freePort();
  const prism = new Program(tool('prism'), ['proxy', await documentFile(t, server), server.url, '--port', String(port)]);
  t.after(() => prism.stop());
  await prism.prints(/Prism is listening/);
  const {failures, requests} = await collection({server: `http://127.0.0.1:${port}`}, ['Light routes', 'Heavy routes', 'Refused requests']);
  assert.deepEqual(failures, []);
  assert.ok(requests > 15);
  assert.doesNotMatch(prism.output, /Violation: response/);
});
