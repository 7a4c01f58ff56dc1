// The page at `/` in a real browser: what the server is, and links to what can be looked at. SCREENSHOTS=FOLDER keeps pictures of it.

import assert from 'node:assert/strict';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import test from 'node:test';

import {accessibilityFaults, openPage, startBrowser} from './browser.mjs';
import {ask, startCruncherd} from './cruncherd.mjs';

test('`/` is a page whose links lead somewhere, on a phone and in the dark as well', {timeout: 90_000}, async (t) => {
  const folder = await mkdtemp(`${tmpdir()}/front-`);
  t.after(() => rm(folder, {recursive: true}));
  const server = await startCruncherd(t, ['--jobs-dir', `${folder}/jobs`]);
  const browser = await startBrowser(t);
  for (const look of [{colorScheme: 'light'}, {colorScheme: 'dark', viewport: {width: 390, height: 844}}]) {
    const page = await openPage(t, browser, `${server.url}/`, look);
    if (process.env.SCREENSHOTS) await page.screenshot({path: `${process.env.SCREENSHOTS}/front-${look.colorScheme}.png`, fullPage: true});
    assert.deepEqual(await accessibilityFaults(page), []);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    assert.deepEqual(page.troubles, []);
    const links = await page.locator('a').evaluateAll((nodes) => nodes.map((node) => node.href));
    assert.ok(links.length > 8, 'the page has links');
    for (const link of links) assert.equal((await ask(link)).status, 200, link);
  }
});
