// A headless Chromium with a fresh profile, and axe-core's word on the page it shows. Knows no dashboard.

import {existsSync, readFileSync} from 'node:fs';
import {createRequire} from 'node:module';

import {chromium} from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const kFlags = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];

const kPrograms = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

export async function startBrowser(t) {
  const executablePath = kPrograms.find((path) => path && existsSync(path));
  if (!executablePath) throw new Error('no Chromium: install the package chromium, or set CHROMIUM to its path');
  const browser = await chromium.launch({executablePath, args: kFlags});
  t.after(() => browser.close());
  return browser;
}

/** Opens `url` for one test; `page.troubles` gathers what the console and the page's own errors say. */
export async function openPage(t, browser, url, options = {}) {
  const context = await browser.newContext({viewport: {width: 1280, height: 900}, ...options});
  t.after(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  page.troubles = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) page.troubles.push(message.text());
  });
  page.on('pageerror', (error) => page.troubles.push(String(error)));
  await page.goto(url);
  return page;
}

/** What axe-core finds wrong: ["rule: element", …]. Goes in by the debugger, since the page's policy lets no script in. */
export async function accessibilityFaults(page) {
  const debug = await page.context().newCDPSession(page);
  const evaluate = (expression) => debug.send('Runtime.evaluate', {expression, awaitPromise: true, returnByValue: true});
  await evaluate(axe);
  const {result, exceptionDetails} = await evaluate(
      'axe.run().then(({violations, passes}) => ({passed: passes.length, faults: violations.flatMap('
      + '({id, nodes}) => nodes.map(({html}) => `${id}: ${html}`))}))');
  if (exceptionDetails) throw new Error(exceptionDetails.text);
  if (result.value.passed < 10) throw new Error('axe-core has checked next to nothing');
  return result.value.faults;
}
