// The page of /dashboard in a real browser, as people use it. SCREENSHOTS=FOLDER keeps pictures of it.

import assert from 'node:assert/strict';
import test from 'node:test';

import {accessibilityFaults, openPage, startBrowser} from './browser.mjs';
import {ask, eventually, startCruncherd} from './cruncherd.mjs';

const kLooks = {
  light: {colorScheme: 'light'},
  dark: {colorScheme: 'dark'},
  phone: {colorScheme: 'light', viewport: {width: 390, height: 844}},
  tablet: {colorScheme: 'dark', viewport: {width: 1000, height: 800}},
};

async function picture(page, name) {
  if (process.env.SCREENSHOTS) await page.screenshot({path: `${process.env.SCREENSHOTS}/${name}.png`, fullPage: true});
}

async function openDashboard(t, browser, server, options) {
  const page = await openPage(t, browser, `${server.url}/dashboard`, options);
  await page.locator('#lamp-text', {hasText: 'serving'}).waitFor();
  await page.locator('.choices').waitFor();
  return page;
}

/** Texts of the plots that lie over one another, or reach out of their plot. */
function overprinted(page) {
  return page.locator('.plot svg').evaluateAll((plots) => plots.flatMap((plot) => {
    const edge = plot.getBoundingClientRect();
    const texts = [...plot.querySelectorAll('text')].map((node) => ({text: node.textContent, box: node.getBoundingClientRect()}));
    const outside = texts.filter(({box}) => box.left < edge.left || box.right > edge.right + 1);
    const crossed = texts.filter(({box}, index) => texts.slice(index + 1).some(({box: other}) =>
      box.left < other.right && other.left < box.right && box.top < other.bottom && other.top < box.bottom));
    return [...outside, ...crossed].map(({text}) => text);
  }));
}

/** Whether the lamp's words lie over the Pause button or reach out of the page, whatever they are. */
function lampIsInTheWay(page, words) {
  return page.evaluate((words) => {
    const text = document.getElementById('lamp-text');
    const before = text.textContent;
    text.textContent = words;
    const [lamp, button] = [text, document.getElementById('pause')].map((node) => node.getBoundingClientRect());
    text.textContent = before;
    return lamp.right > innerWidth
        || (lamp.left < button.right && button.left < lamp.right && lamp.top < button.bottom && button.top < lamp.bottom);
  }, words);
}

const curveOf = (page, title, index) => page.locator('.plot', {hasText: title}).locator('path.curve').nth(index).getAttribute('d');

test('the dashboard', {timeout: 300_000}, async (t) => {
  const server = await startCruncherd(t, ['--running', '2']);
  const browser = await startBrowser(t);

  await t.test('a policy lets only its own script and style run', async (t) => {
    const {status, headers} = await ask(`${server.url}/dashboard`);
    assert.equal(status, 200);
    assert.match(headers['content-type'], /^text\/html/);
    const policy = headers['content-security-policy'];
    assert.match(policy, /default-src 'none'/);
    assert.match(policy, /script-src 'sha256-[\w+/]+=*'(;|$)/);
    assert.doesNotMatch(policy, /unsafe/);
    const page = await openDashboard(t, browser, server);
    await page.evaluate(() => {
      const script = document.createElement('script');
      Reflect.set(window, 'intruder', false);
      try { script.text = 'window.intruder = true'; } catch { return; }  // refused already as no trusted type
      document.body.append(script);
    });
    assert.equal(await page.evaluate('window.intruder'), false);
  });

  for (const [name, look] of Object.entries(kLooks)) {
    await t.test(`${name}: no fault for axe-core, nothing to scroll sideways, nothing on the console`, async (t) => {
      const page = await openDashboard(t, browser, server, look);
      await page.click('.choices >> text=mandelbrot');
      await page.click('form button[type=submit]');
      await page.locator('.answer img').waitFor();
      await picture(page, name);
      assert.deepEqual(await accessibilityFaults(page), []);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
      assert.deepEqual(await overprinted(page), []);
      for (const words of ['serving', 'no answer for 1 min 23 s']) assert.equal(await lampIsInTheWay(page, words), false, words);
      assert.deepEqual(page.troubles, []);
    });
  }

  await t.test('opened later, it draws what was before, as the server has kept it', async (t) => {
    const history = async () => (await ask(`${server.url}/status/history`)).json();
    await eventually(async () => (await history()).jobs.filter((jobs) => jobs > 0).length > 0 && (await history()).at_s.length > 2);
    const page = await openDashboard(t, browser, server);
    const points = (path) => path.match(/[ML]/g)?.length ?? 0;
    await eventually(async () => points(await curveOf(page, 'Jobs', 0)) > 2, 3000);
    assert.ok(points(await curveOf(page, 'Jobs', 0)) <= (await history()).at_s.length);
  });

  await t.test('each task has a row with its rate, its times and its failures; a failure says why', async (t) => {
    const page = await openDashboard(t, browser, server);
    await page.click('.choices >> text=primes');
    await page.fill('#param-limit', '10000000000');
    await page.fill('#deadline', '1');
    await page.click('form button[type=submit]');
    await page.locator('.verdict.failure').waitFor();
    const row = page.locator('#tasks tr', {has: page.locator('td', {hasText: /^primes$/})});
    await row.waitFor();
    const [, rate, p50, p99, jobs, failed] = await row.locator('td').allTextContents();
    assert.match(rate, /^\d+(\.\d)? \/s$/);
    assert.match(p50, /^[\d.]+ m?s$/);
    assert.match(p99, /^[\d.]+ m?s$/);
    assert.ok(Number(jobs) >= 1);
    assert.ok(Number(failed) >= 1);
    const failure = page.locator('#failures li').first();
    await failure.waitFor();
    assert.match(await failure.textContent(), /primes.*deadline exceeded.*no answer after/);
    assert.deepEqual(await accessibilityFaults(page), []);
  });

  await t.test('a running job shows with its progress, and dies when its client cancels', async (t) => {
    const page = await openDashboard(t, browser, server);
    await page.click('.choices >> text=primes');
    await page.fill('#param-limit', '10000000000');
    await page.click('form button[type=submit]');
    const bar = page.locator('#jobs [role=progressbar][aria-label="primes running"]');
    await bar.waitFor();
    await eventually(async () => Number(await bar.getAttribute('aria-valuenow')) > 0);
    await page.locator('#jobs button.id', {hasText: 'dashboard-'}).click();
    await page.locator('#jobs .note', {hasText: /copied|selected/}).waitFor();
    await page.click('button:has-text("Cancel")');
    await page.locator('.verdict', {hasText: 'Left'}).waitFor();
    await bar.waitFor({state: 'detached'});
    assert.deepEqual((await ask(`${server.url}/status`)).json().jobs, []);
  });

  await t.test('every task gives a result, filled in with no more than what its form leaves open', async (t) => {
    const page = await openDashboard(t, browser, server);
    const needed = {
      spin: {CPUTimeMs: '20'}, primes: {limit: '1000'}, hash_password: {password: 'correct horse'},
      regex_match: {pattern: '(a+)b', text: 'caab'},
    };
    const {tasks} = (await ask(`${server.url}/tasks`)).json();
    assert.ok(tasks.length >= 5);
    for (const {name} of tasks) {
      await page.click(`.choices label:has(input[value="${name}"])`);
      for (const [field, value] of Object.entries(needed[name] ?? {})) await page.fill(`#param-${field}`, value);
      await page.click('form button[type=submit]');
      await page.locator('.verdict.ok, .verdict.failure').waitFor();
      assert.match(await page.locator('.verdict').textContent(), /^200 ok/, name);
    }
  });

  await t.test('a picture is shown as a picture', async (t) => {
    const page = await openDashboard(t, browser, server);
    await page.click('.choices >> text=mandelbrot');
    await page.click('form button[type=submit]');
    const image = page.locator('.answer img');
    await image.waitFor();
    assert.ok(await image.evaluate((node) => node.decode().then(() => node.naturalWidth > 0)));
  });

  await t.test('what the server finds wrong stands at the field, and the curl line says the same as the form', async (t) => {
    const page = await openDashboard(t, browser, server);
    await page.click('.choices >> text=primes');
    await page.fill('#param-limit', 'many');
    await page.click('form button[type=submit]');
    await page.locator('#param-limit[aria-invalid]').waitFor();
    assert.notEqual(await page.locator('#param-limit-error').textContent(), '');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'param-limit');
    await page.fill('#param-limit', '10');
    assert.match(await page.locator('.curl code').textContent(), /\/tasks\/primes[\s\S]*'\{"limit":10\}'/);
  });

  await t.test('by keyboard alone: choose a task, fill in, run', async (t) => {
    const page = await openDashboard(t, browser, server);
    await page.focus('.choices input:checked');
    while (await page.locator('.choices input:checked').inputValue() !== 'primes') await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'param-limit');
    await page.keyboard.press('Control+A');
    await page.keyboard.type('100');
    await page.keyboard.press('Enter');
    await page.locator('.answer pre', {hasText: '25'}).waitFor();
  });

  await t.test('Pause stops the reading, and pressed again it goes on', async (t) => {
    const page = await openDashboard(t, browser, server);
    await page.click('#pause');
    await page.locator('#lamp-text', {hasText: 'paused'}).waitFor();
    await page.click('#pause');
    await page.locator('#lamp-text', {hasText: 'serving'}).waitFor();
  });
});

test('a server that goes away is said to be gone, and is found again', {timeout: 120_000}, async (t) => {
  const server = await startCruncherd(t);
  const port = new URL(server.url).port;
  const page = await openDashboard(t, await startBrowser(t), server);
  await server.stop();
  await page.locator('#lamp[data-state=failed]').waitFor();
  await startCruncherd(t, [], port);
  await page.locator('#lamp[data-state=serving]').waitFor();
});

test('with commands: no field lies over the next, and a table of tasks fits on a phone', {timeout: 120_000}, async (t) => {
  const server = await startCruncherd(t, ['--exec', 'a_command_with_quite_a_long_name=cat', '--timeout', '1s']);
  await ask(`${server.url}/tasks/regex_match`, {method: 'POST', json: {pattern: '^(a|a)*$', text: `${'a'.repeat(36)}!`}});
  const browser = await startBrowser(t);
  for (const width of [1400, 1000, 390]) {
    const page = await openDashboard(t, browser, server, {viewport: {width, height: 844}});
    await page.click('.choices >> text=a_command_with_quite_a_long_name');
    await page.locator('#tasks tr').waitFor();
    await picture(page, `commands-${width}`);
    const wide = await page.locator('.field, #tasks-table').evaluateAll(
        (nodes) => nodes.filter((node) => node.scrollWidth > node.clientWidth).map((node) => node.textContent));
    assert.deepEqual(wide, [], `at ${width} px`);
    assert.deepEqual(await accessibilityFaults(page), []);
  }
});
