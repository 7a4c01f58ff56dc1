// What systemd makes of the units, and of a cruncherd that is given its socket.

import assert from 'node:assert/strict';
import {copyFile, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import test from 'node:test';

import {ask, cruncherdPath, freePort} from './cruncherd.mjs';
import {Program, run} from './program.mjs';

const packaging = new URL('../../server/packaging/', import.meta.url);
const kMostExposure = 20;  // in tenths, as `systemd-analyze security` counts: 0 is locked in, 100 is open

/** Both units in a folder of their own, with the program under test in place of the installed one. */
async function unitFiles(t) {
  const folder = await mkdtemp(`${tmpdir()}/cruncher-units-`);
  t.after(() => rm(folder, {recursive: true}));
  const template = await readFile(new URL('cruncherd.service.in', packaging), 'utf8');
  const service = template.replace('@bindir@/cruncherd', cruncherdPath()).replaceAll('@sysconfdir@', '/etc');
  assert.doesNotMatch(service, /@\w+@/);
  await writeFile(`${folder}/cruncherd.service`, service);
  await copyFile(new URL('cruncherd.socket', packaging), `${folder}/cruncherd.socket`);
  return {service: `${folder}/cruncherd.service`, socket: `${folder}/cruncherd.socket`};
}

test('systemd-analyze has nothing to say about the units', {timeout: 60_000}, async (t) => {
  const {service, socket} = await unitFiles(t);
  const {code, output} = await run('systemd-analyze', ['verify', service, socket]);
  assert.equal(output, '');
  assert.equal(code, 0);
});

test('the service is locked in', {timeout: 60_000}, async (t) => {
  const {service} = await unitFiles(t);
  const {code, output} = await run('systemd-analyze', ['security', '--offline=true', `--threshold=${kMostExposure}`, service]);
  assert.equal(code, 0, output);
});

test('a socket that systemd passes is listened on', {timeout: 60_000}, async (t) => {
  const port = await freePort();
  const activator = new Program('systemd-socket-activate', ['-l', `127.0.0.1:${port}`, cruncherdPath()]);
  t.after(() => activator.stop());
  await activator.prints(/Listening on/);
  const {status} = await ask(`http://127.0.0.1:${port}/healthz`);  // the connection that starts it
  assert.equal(status, 200);
  await activator.prints(new RegExp(`listening on http://127\\.0\\.0\\.1:${port}\\b`));
});
