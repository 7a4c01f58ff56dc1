// artillery for real: a mixed load in phases, judged by artillery's own `ensure`.

import assert from 'node:assert/strict';
import {mkdtemp, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import test from 'node:test';

import {startBusyCruncherd, startCruncherd} from './cruncherd.mjs';
import {run, tool} from './program.mjs';

const scenarios = new URL('artillery.yml', import.meta.url).pathname;
const env = {ARTILLERY_DISABLE_TELEMETRY: 'true'};

async function artillery(t, args, ms) {
  const folder = await mkdtemp(`${tmpdir()}/cruncher-artillery-`);
  t.after(() => rm(folder, {recursive: true}));
  const report = `${folder}/report.json`;
  const {code, output} = await run(tool('artillery'), ['run', '--output', report, ...args, scenarios], {env, ms});
  return {code, output, counters: JSON.parse(await readFile(report, 'utf8')).aggregate.counters};
}

test('light and heavy load in phases: every request is answered, in time', {timeout: 180_000}, async (t) => {
  const server = await startCruncherd(t);
  const {code, output, counters} = await artillery(t, ['--target', server.url], 150_000);
  assert.equal(code, 0, output);
  assert.ok(counters['http.requests'] > 500, output);
  assert.equal(counters['http.codes.200'], counters['http.requests']);
});

test('the same scenarios fail where heavy requests are refused', {timeout: 180_000}, async (t) => {
  const server = await startBusyCruncherd(t, '--waiting', '0');
  const {code, output, counters} = await artillery(t, ['--target', server.url, '--environment', 'short'], 150_000);
  assert.notEqual(code, 0, output);
  assert.ok(counters['http.codes.503'] > 0, output);
  assert.match(output, /fail: http\.requests == http\.codes\.200/);
});
