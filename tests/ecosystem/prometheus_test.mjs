// /metrics as Prometheus sees it: promtool has nothing to say, and a real Prometheus scrapes it.

import assert from 'node:assert/strict';
import test from 'node:test';

import {ask, eventually, startCruncherd} from './cruncherd.mjs';
import {run} from './program.mjs';
import {startPrometheus} from './prometheus.mjs';

/** Some of everything: light, heavy, refused. */
async function makeTraffic(url) {
  await ask(`${url}/`);
  await ask(`${url}/nowhere`);
  await ask(`${url}/non-blocking?CPUTimeMs=20`);
  await ask(`${url}/tasks/primes`, {method: 'POST', json: {limit: 'many'}});
}

test('promtool finds nothing wrong with /metrics', {timeout: 60_000}, async (t) => {
  const server = await startCruncherd(t);
  await makeTraffic(server.url);
  const {status, headers, body} = await ask(`${server.url}/metrics`);
  assert.equal(status, 200);
  assert.match(headers['content-type'], /^text\/plain; ?version=0\.0\.4/);
  const {code, output} = await run('promtool', ['check', 'metrics'], {input: body});
  assert.equal(output, '');
  assert.equal(code, 0);
  assert.match(body, /^cruncherd_\w+/m);
});

test('Prometheus scrapes it and counts the requests', {timeout: 120_000}, async (t) => {
  const server = await startCruncherd(t);
  await makeTraffic(server.url);
  const query = await startPrometheus(t, new URL(server.url).host);
  const sample = await eventually(async () => (await query('up{job="cruncherd"} == 1'))[0]);
  assert.equal(sample.value[1], '1');
  const requests = await query('sum by (status) (cruncherd_http_requests_total)');
  const byStatus = Object.fromEntries(requests.map(({metric, value}) => [metric.status, Number(value[1])]));
  assert.ok(byStatus['200'] >= 2, JSON.stringify(byStatus));
  assert.equal(byStatus['404'], 1, JSON.stringify(byStatus));
  assert.equal(byStatus['422'], 1, JSON.stringify(byStatus));
});
