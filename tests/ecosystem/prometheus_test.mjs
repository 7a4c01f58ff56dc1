// /metrics as Prometheus sees it: promtool has nothing to say, and a real Prometheus scrapes it.

import assert from 'node:assert/strict';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import test from 'node:test';

import {ask, eventually, freePort, startCruncherd} from './cruncherd.mjs';
import {Program, run} from './program.mjs';

/** Some of everything: light, heavy, refused. */
async function makeTraffic(url) {
  await ask(`${url}/`);
  await ask(`${url}/nowhere`);
  await ask(`${url}/non-blocking?CPUTimeMs=20`);
  await ask(`${url}/tasks/primes`, {method: 'POST', json: {limit: 'many'}});
}

async function startPrometheus(t, target) {
  const folder = await mkdtemp(`${tmpdir()}/cruncher-prometheus-`);
  t.after(() => rm(folder, {recursive: true}));
  const config = `${folder}/prometheus.yml`;
  await writeFile(config, JSON.stringify({
    global: {scrape_interval: '1s'},
    scrape_configs: [{job_name: 'cruncherd', static_configs: [{targets: [target]}]}],
  }));
  const port = await freePort();
  const prometheus = new Program('prometheus', [
    `--config.file=${config}`, `--storage.tsdb.path=${folder}/data`, `--web.listen-address=127.0.0.1:${port}`]);
  t.after(() => prometheus.stop());
  await prometheus.prints(/Server is ready to receive web requests/);
  return async (query) => {
    const {data} = (await ask(`http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(query)}`)).json();
    return data.result;
  };
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
