// The page of /demo in a real browser: the origin's experiment. SCREENSHOTS=FOLDER keeps pictures of it.

import assert from 'node:assert/strict';
import test from 'node:test';

import {accessibilityFaults, openPage, startBrowser} from './browser.mjs';
import {ask, startCruncherd} from './cruncherd.mjs';

/** What the experiment found, as it stands in its table: one row of texts for each route. */
async function findings(page) {
  await page.click('#experiment-run');
  await page.locator('#experiment-findings table').waitFor({timeout: 60_000});
  return page.locator('#experiment-findings tbody tr').evaluateAll(
      (rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent)));
}

test('/demo is linked from the dashboard: / waits for the blocking loop, not for the process', {timeout: 120_000}, async (t) => {
  const server = await startCruncherd(t, ['--running', '2']);
  const page = await openPage(t, await startBrowser(t), `${server.url}/dashboard`, {viewport: {width: 390, height: 844}});
  await page.click('footer a[href="demo"]');
  const [blocking, free] = await findings(page);
  if (process.env.SCREENSHOTS) await page.screenshot({path: `${process.env.SCREENSHOTS}/demo.png`, fullPage: true});
  assert.deepEqual([blocking[0], free[0]], ['/blocking', '/non-blocking']);
  const median = ([, , text]) => parseFloat(text) * (text.endsWith(' ms') ? 1 : 1000);
  assert.ok(median(blocking) > 1000, blocking.join());
  assert.ok(median(free) < 500, free.join());
  assert.deepEqual(await accessibilityFaults(page), []);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  assert.deepEqual(page.troubles, []);
});

test('where /blocking is not served there is no /demo, and no link to it', {timeout: 60_000}, async (t) => {
  const server = await startCruncherd(t, ['--blocking-route', 'off']);
  const page = await openPage(t, await startBrowser(t), `${server.url}/dashboard`);
  await page.locator('#lamp-text', {hasText: 'serving'}).waitFor();
  await page.waitForLoadState('networkidle');
  assert.equal(await page.locator('footer a[href="demo"]').isVisible(), false);
  assert.equal((await ask(`${server.url}/demo`)).status, 404);
  assert.deepEqual(page.troubles, []);
});
