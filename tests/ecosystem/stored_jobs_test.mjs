// Stored jobs as a browser sees them: an EventSource to its last event, and the dashboard's table.

import assert from 'node:assert/strict';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'node:test';

import {accessibilityFaults, openPage, startBrowser} from './browser.mjs';
import {ask, freePort, startCruncherd} from './cruncherd.mjs';

function temporaryFolder(t) {
  const folder = mkdtempSync(join(tmpdir(), 'jobs-'));
  t.after(() => rmSync(folder, {recursive: true, force: true}));
  return folder;
}

async function submit(url, task, params) {
  const response = await ask(`${url}/tasks/${task}`, {method: 'POST', headers: {Prefer: 'respond-async'}, json: params});
  assert.equal(response.status, 202, response.body);
  return response.headers.location;
}

test('stored jobs in a browser', {timeout: 120_000}, async (t) => {
  const adminPort = await freePort();
  const server = await startCruncherd(t, ['--running', '2', '--jobs-dir', temporaryFolder(t), '--admin-port', String(adminPort)]);
  const admin = `http://127.0.0.1:${adminPort}`;
  const browser = await startBrowser(t);

  await t.test('an EventSource is told the state, the progress and the end, and then no more', async (t) => {
    const page = await openPage(t, browser, `${admin}/dashboard`);
    const job = await submit(server.url, 'spin', {CPUTimeMs: 1500});
    const events = await page.evaluate((path) => new Promise((resolve) => {
      const seen = [];
      const source = new EventSource(`${path.slice(1)}/events`);
      for (const name of ['state', 'progress', 'log']) source.addEventListener(name, (event) => seen.push([name, JSON.parse(event.data)]));
      source.addEventListener('done', (event) => seen.push(['done', JSON.parse(event.data)]));
      // It comes back after the end, and is told that there is nothing more.
      source.onerror = () => source.readyState === EventSource.CLOSED && resolve(seen);
    }), job);
    assert.equal(events.filter(([name]) => name === 'done').length, 1);
    assert.equal(events.at(-1)[1].state, 'done');
    assert.ok(events.some(([name]) => name === 'progress'));
  });

  await t.test('the dashboard lists them, cancels one and links to the result of another', async (t) => {
    const page = await openPage(t, browser, `${admin}/dashboard`);
    await submit(server.url, 'spin', {CPUTimeMs: 60_000});
    const row = page.locator('#stored-jobs tr', {hasText: 'running'});
    await row.locator('button', {hasText: 'Cancel'}).click();
    await page.locator('#stored-jobs tr', {hasText: 'cancelled'}).waitFor();
    const done = page.locator('#stored-jobs tr', {hasText: 'done'}).first();
    const href = await done.locator('a').getAttribute('href');
    assert.ok((await ask(`${admin}/${href}`)).json().result);
    assert.equal(`jobs/${await done.locator('button.id').textContent()}/result`, href);
    await done.locator('button.id').click();
    await done.locator('.note', {hasText: /copied|selected/}).waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    assert.deepEqual(page.troubles, []);
  });

  await t.test('the id of a job that failed can be copied as well', async (t) => {
    const late = {Prefer: 'wait=1', 'X-Request-Id': 'late-one'};
    await ask(`${server.url}/tasks/spin`, {method: 'POST', headers: late, json: {CPUTimeMs: 60_000}});
    const page = await openPage(t, browser, `${admin}/dashboard`);
    const id = page.locator('#failures button.id', {hasText: 'late-one'});
    await id.click();
    await page.locator('#failures .note', {hasText: /copied|selected/}).waitFor();
  });
});
