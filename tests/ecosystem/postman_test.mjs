// The Postman collection, run by newman against servers that are set up for each of its folders.

import assert from 'node:assert/strict';
import {chmod, copyFile, mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {dirname} from 'node:path';
import test from 'node:test';

import {cruncherdPath, startBusyCruncherd, startCruncherd, unrulyPath} from './cruncherd.mjs';
import {collection} from './postman.mjs';

async function passes(variables, ...folders) {
  const {requests, assertions, failures} = await collection(variables, folders);
  assert.deepEqual(failures, []);
  assert.ok(requests > 0 && assertions > requests, `${requests} requests, ${assertions} assertions`);
}

/** A server whose cruncher has been taken away after the start. */
async function startBereftCruncherd(t) {
  const folder = await mkdtemp(`${tmpdir()}/cruncher-bereft-`);
  t.after(() => rm(folder, {recursive: true}));
  const cruncher = `${folder}/cruncher`;
  await copyFile(`${dirname(dirname(cruncherdPath()))}/cruncher/cruncher`, cruncher);
  await chmod(cruncher, 0o755);
  const server = await startCruncherd(t, ['--cruncher', cruncher, '--spares', '0']);
  await rm(cruncher);
  return server;
}

test('every route, and what is refused before a job starts', {timeout: 120_000}, async (t) => {
  const server = await startCruncherd(t);
  await passes({server: server.url}, 'Light routes', 'Heavy routes', 'Refused requests', 'Beyond the document');
});

test('jobs that end badly', {timeout: 120_000}, async (t) => {
  const server = await startCruncherd(t, ['--cruncher', unrulyPath(), '--cpu', '2s', '--memory', '64MiB', '--max-reply', '64KiB']);
  await passes({unruly: server.url}, 'Jobs that end badly');
});

test('no slot: the queue is full', {timeout: 120_000}, async (t) => {
  const server = await startBusyCruncherd(t, '--waiting', '0');
  await passes({full: server.url}, 'Queue full');
});

test('no slot in time', {timeout: 120_000}, async (t) => {
  const server = await startBusyCruncherd(t, '--waiting', '4', '--wait-timeout', '100ms');
  await passes({slow: server.url}, 'Queue too slow');
});

test('no process to be had', {timeout: 120_000}, async (t) => {
  const server = await startBereftCruncherd(t);
  await passes({bereft: server.url}, 'No cruncher');
});
