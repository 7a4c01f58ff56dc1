// A real Prometheus that scrapes one server, for one test.

import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';

import {ask, freePort} from './cruncherd.mjs';
import {Program} from './program.mjs';

/** Starts one that scrapes `target` (host:port) each second; resolves to `query(promql)`, which gives the result's series. */
export async function startPrometheus(t, target) {
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
    const {data, error} = (await ask(`http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(query)}`)).json();
    if (error) throw new Error(`${query}: ${error}`);
    return data.result;
  };
}
