// pm2 for real: two cruncherd on one port, one killed, both reloaded under load.

import assert from 'node:assert/strict';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import test from 'node:test';

import {ask, cruncherdPath, eventually, freePort} from './cruncherd.mjs';
import {run, tool} from './program.mjs';

const kClients = 8;
const config = new URL('ecosystem.config.cjs', import.meta.url).pathname;

class Pm2 {
  static async start(t) {
    const home = await mkdtemp(`${tmpdir()}/cruncher-pm2-`);
    const port = await freePort();
    const pm2 = new Pm2({PM2_HOME: home, CRUNCHERD: cruncherdPath(), PORT: String(port)});
    t.after(async () => {
      await pm2.do('kill');
      await rm(home, {recursive: true});
    });
    pm2.url = `http://127.0.0.1:${port}`;
    await pm2.do('start', config);
    return pm2;
  }

  constructor(env) { this.env = env; }

  async do(...args) {
    const {code, output} = await run(tool('pm2'), args, {env: this.env, ms: 120_000});
    assert.equal(code, 0, `pm2 ${args.join(' ')}:\n${output}`);
    return output;
  }

  async list() {
    const output = await this.do('jlist');
    return JSON.parse(output.slice(output.lastIndexOf('\n[', output.length - 2) + 1))
        .map(({pid, pm2_env: {status, restart_time: restarts}}) => ({pid, status, restarts}));
  }

  async bothOnline() {
    const list = await this.list();
    return list.length === 2 && list.every(({pid, status}) => status === 'online' && pid > 0) ? list : null;
  }

  /** The pids that answer on new connections, once there are as many as wanted. */
  async servingPids(wanted) {
    const seen = new Set();
    await eventually(async () => {
      seen.add((await ask(`${this.url}/status`)).json().server.pid);
      return seen.size >= wanted;
    });
    return [...seen].sort();
  }
}

const pidsOf = (list) => list.map(({pid}) => pid).sort();

/** Light and heavy requests, each on a new connection, until stopped: {answered, failures}. */
function load(url) {
  const result = {answered: 0, failures: []};
  let on = true;
  const client = async () => {
    for (let turn = 0; on; ++turn) {
      const path = turn % 4 === 0 ? '/non-blocking?CPUTimeMs=5' : '/';
      try {
        const {status, body} = await ask(url + path);
        if (status === 200) ++result.answered;
        else result.failures.push(`${path}: ${status} ${body}`);
      } catch (error) {
        result.failures.push(`${path}: ${error.code ?? error.message}`);
      }
    }
  };
  const clients = Array.from({length: kClients}, client);
  result.stop = () => { on = false; return Promise.all(clients); };
  return result;
}

test('pm2 runs two cruncherd on one port', {timeout: 300_000}, async (t) => {
  const pm2 = await Pm2.start(t);
  const first = await pm2.bothOnline();
  assert.ok(first, `not both online: ${JSON.stringify(await pm2.list())}`);

  await t.test('both serve', async () => {
    assert.deepEqual(await pm2.servingPids(2), pidsOf(first));
  });

  await t.test('one is killed: the other serves on, and pm2 starts a new one', async () => {
    const [victim, survivor] = first;
    process.kill(victim.pid, 'SIGKILL');
    await eventually(async () => (await ask(`${pm2.url}/status`)).json().server.pid === survivor.pid);
    const list = await eventually(async () => {
      const now = await pm2.bothOnline();
      return now && !pidsOf(now).includes(victim.pid) ? now : null;
    });
    assert.ok(pidsOf(list).includes(survivor.pid));
    assert.equal(list.reduce((sum, {restarts}) => sum + restarts, 0), 1);
    assert.deepEqual(await pm2.servingPids(2), pidsOf(list));
  });

  await t.test('a reload under load replaces both without one failed request', async () => {
    const before = pidsOf(await pm2.bothOnline());
    const traffic = load(pm2.url);
    await eventually(async () => traffic.answered > 50);
    await pm2.do('reload', 'cruncherd');
    const answeredByThen = traffic.answered;
    await eventually(async () => traffic.answered > answeredByThen + 50);
    await traffic.stop();
    assert.deepEqual(traffic.failures, []);
    const after = pidsOf(await pm2.bothOnline());
    assert.ok(after.every((pid) => !before.includes(pid)), `${after} after ${before}`);
    assert.deepEqual(await pm2.servingPids(2), after);
  });
});
