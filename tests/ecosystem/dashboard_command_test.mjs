// The dashboard's form for people's own programs: a file is chosen and sent, and what comes back is a picture, a text, a
// download or a refusal. The curl line does the same in a shell.

import assert from 'node:assert/strict';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'node:test';

import {accessibilityFaults, openPage, startBrowser} from './browser.mjs';
import {startCruncherd} from './cruncherd.mjs';
import {run} from './program.mjs';

const kTasks = `
[task.thumbnail]
exec = ["convert", "-", "-resize", "{width}x", "png:-"]
accepts = ["image/*"]
answers = "image/png"
exit = { 1 = 422 }
params.width = { type = "integer", minimum = 1, maximum = 2000, default = 200 }

[task.words]
exec = "wc -w"
answers = "text/plain"

[task.squeeze]
exec = "gzip -c"
`;

const kMegabyte = 1 << 20;

async function choose(page, task) {
  await page.click(`.choices label:has(input[value="${task}"])`);
}

async function send(page, file) {
  await page.locator('.answer').evaluate((node) => node.replaceChildren());
  await page.setInputFiles('#content', file ?? []);
  await page.click('form button[type=submit]');
  await page.locator('.verdict').waitFor();
}

/** What the browser stores at a click on Download. */
async function downloaded(page) {
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('.answer a[download]')]);
  return readFileSync(await download.path());
}

test('the form of people\'s own programs', {timeout: 200_000}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'command-form-'));
  t.after(() => rmSync(folder, {recursive: true}));
  const inFolder = (name) => join(folder, name);
  writeFileSync(inFolder('tasks.toml'), kTasks);
  assert.equal((await run('convert', ['-size', '640x480', 'gradient:red-blue', inFolder('photo.jpg')])).code, 0);
  const {url} = await startCruncherd(t, ['--config', inFolder('tasks.toml'), '--priority', 'normal']);
  const page = await openPage(t, await startBrowser(t), `${url}/dashboard`);
  await page.locator('#lamp-text', {hasText: 'serving'}).waitFor();

  await t.test('a picture that is chosen comes back as the picture that the program made', async () => {
    await choose(page, 'thumbnail');
    assert.equal(await page.getAttribute('#content', 'accept'), 'image/*');
    await page.fill('#param-width', '80');
    await send(page, inFolder('photo.jpg'));
    await page.locator('.verdict.ok').waitFor();
    const shown = await page.locator('.answer img').evaluate(async (image) => {
      await image.decode();
      return [image.naturalWidth, image.naturalHeight];
    });
    assert.deepEqual(shown, [80, 60]);
    assert.equal((await downloaded(page)).subarray(1, 4).toString(), 'PNG');
    assert.deepEqual(await accessibilityFaults(page), []);
  });

  await t.test('the curl line makes the same picture in a shell', async () => {
    const line = await page.locator('.curl code').textContent();
    assert.equal((await run('sh', ['-c', line], {cwd: folder})).code, 0);
    const {output} = await run('identify', ['-format', '%m %wx%h', inFolder('thumbnail.out')]);
    assert.equal(output.trim(), 'PNG 80x60');
  });

  await t.test('what is no picture is a failure with the program\'s own words', async () => {
    writeFileSync(inFolder('broken.jpg'), 'no picture');
    await send(page, inFolder('broken.jpg'));
    await page.locator('.verdict.failure', {hasText: '422'}).waitFor();
    assert.match(await page.locator('.answer').textContent(), /convert/);
  });

  await t.test('a param that does not fit is said beside its field', async () => {
    await page.fill('#param-width', '9000');
    await send(page, inFolder('photo.jpg'));
    await page.locator('.verdict.failure', {hasText: '422'}).waitFor();
    await page.locator('.error', {hasText: '2000'}).waitFor();
  });

  await t.test('a text comes back as text, with no file as well', async () => {
    writeFileSync(inFolder('poem.txt'), 'one two three\n');
    await choose(page, 'words');
    await send(page, inFolder('poem.txt'));
    assert.equal((await page.locator('.answer pre').textContent()).trim(), '3');
    await send(page, null);
    assert.equal((await page.locator('.answer pre').textContent()).trim(), '0');
  });

  await t.test('any other type is a download, whatever its size', async () => {
    const content = Buffer.alloc(9 * kMegabyte / 8, 'squeeze me ');
    writeFileSync(inFolder('data.bin'), content);
    await choose(page, 'squeeze');
    await send(page, inFolder('data.bin'));
    await page.locator('.verdict.ok').waitFor();
    assert.equal(await page.locator('.answer img').count(), 0);
    writeFileSync(inFolder('data.gz'), await downloaded(page));
    assert.equal((await run('gzip', ['-t', inFolder('data.gz')])).code, 0);
  });

  // The browser tells of each answer from 400 on.
  assert.deepEqual(page.troubles.filter((trouble) => !/status of 422/.test(trouble)), []);
});
