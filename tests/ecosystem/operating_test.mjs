// What server/packaging/examples/ holds for operators, each by the tool that will read it: alerts by promtool, the dashboard's queries by a
// Prometheus that has scraped a busy server, the proxy's configuration by nginx, the manifests by Kubernetes' schema.

import assert from 'node:assert/strict';
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import test from 'node:test';

import {Deployment} from 'kubernetes-models/apps/v1';
import {Service} from 'kubernetes-models/v1';
import {parseAllDocuments} from 'yaml';

import {ask, eventually, freePort, startCruncherd} from './cruncherd.mjs';
import {Program, run} from './program.mjs';
import {startPrometheus} from './prometheus.mjs';

const examples = new URL('../../server/packaging/examples/', import.meta.url).pathname;
const example = (name) => readFile(examples + name, 'utf8');

test('promtool accepts the configuration and the alerts, and each alert fires where its test says', {timeout: 60_000}, async () => {
  for (const words of [['check', 'config', 'prometheus.yml'], ['check', 'rules', 'alerts.yml'], ['test', 'rules', 'alerts_test.yml']]) {
    const {code, output} = await run('promtool', words, {cwd: examples});
    assert.equal(code, 0, output);
  }
  const alerts = [...(await example('alerts.yml')).matchAll(/alert: (\w+)/g)].map(([, name]) => name);
  const firing = [...(await example('alerts_test.yml')).matchAll(/alertname: (\w+)\n\s+exp_alerts:\n/g)].map(([, name]) => name);
  assert.deepEqual([...new Set(firing)].sort(), alerts.sort(), 'each alert has a case in which it fires');
  const manual = await readFile(`${examples}../OPERATING.md`, 'utf8');
  for (const alert of alerts) assert.match(manual, new RegExp(`\`${alert}\``), `OPERATING.md explains ${alert}`);
});

test("each query of Grafana's dashboard returns data from a busy server", {timeout: 120_000}, async (t) => {
  const server = await startCruncherd(t, ['--running', '2', '--waiting', '1', '--timeout', '1m']);
  const leave = new AbortController();
  t.after(() => leave.abort());
  const query = await startPrometheus(t, new URL(server.url).host);
  const dashboard = JSON.parse(await example('grafana.json'));
  const traffic = async () => {
    // Three at once, with two slots: one waits.
    for (let i = 0; i < 3; ++i) fetch(`${server.url}/non-blocking?CPUTimeMs=100`, {signal: leave.signal}).catch(() => {});
    await ask(`${server.url}/`);
    await ask(`${server.url}/nowhere`);
    await ask(`${server.url}/tasks/primes`, {method: 'POST', json: {limit: 1_000_000}});
    await ask(`${server.url}/tasks/primes`, {method: 'POST', json: {limit: 'many'}});
  };
  const expressions = dashboard.panels.flatMap((panel) => panel.targets.map(({expr}) => [panel.title, expr]));
  assert.ok(expressions.length > 15, 'the dashboard has panels');
  for (const [title, expression] of expressions) {
    const promql = expression.replaceAll('$__rate_interval', '10s').replaceAll('$instance', '.*');
    await eventually(async () => {
      await traffic();
      const series = await query(promql);
      return series.some(({value}) => value[1] !== 'NaN');
    }).catch(() => assert.fail(`${title}: no data for ${promql}`));
  }
});

test('nginx serves a job, passes on the request id, and keeps operators\' routes', {timeout: 60_000}, async (t) => {
  const server = await startCruncherd(t);
  const folder = await mkdtemp(`${tmpdir()}/cruncher-nginx-`);
  t.after(() => rm(folder, {recursive: true}));
  const port = await freePort();
  const configuration = (await example('nginx.conf'))
    .replace('127.0.0.1:8080', new URL(server.url).host).replace('127.0.0.1:8000', `127.0.0.1:${port}`);
  await writeFile(`${folder}/nginx.conf`, configuration);
  const nginx = new Program('/usr/sbin/nginx', ['-p', folder, '-e', 'stderr', '-c', `${folder}/nginx.conf`]);
  t.after(() => nginx.stop());
  const answer = await eventually(() => ask(`http://127.0.0.1:${port}/tasks/primes`, {method: 'POST', json: {limit: 1000}}));
  assert.equal(answer.status, 200, answer.body);
  assert.equal(answer.json().result.count, 168);
  assert.match(answer.headers['x-request-id'], /^[0-9a-f]{32}$/, "nginx's own id");
  assert.equal((await ask(`http://127.0.0.1:${port}/status`)).status, 200);
});

test('the manifests are what Kubernetes takes, and their probes are routes of the server', {timeout: 60_000}, async (t) => {
  const [deployment, service] = parseAllDocuments(await example('kubernetes.yaml')).map((document) => document.toJS());
  new Deployment(deployment).validate();
  new Service(service).validate();
  assert.throws(() => new Deployment({...deployment, spec: {...deployment.spec, replicas: 'two'}}).validate());
  const [container] = deployment.spec.template.spec.containers;
  const server = await startCruncherd(t, container.args);
  for (const probe of [container.readinessProbe, container.livenessProbe])
    assert.equal((await ask(server.url + probe.httpGet.path)).status, 200, probe.httpGet.path);
});
