// The dashboard's form for the schemas that people's own programs have, below a proxy's path, and its curl line in a shell.
// The cruncher is a Python program with the kit of ipc/kits beside it.

import assert from 'node:assert/strict';
import {chmodSync, copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {createServer, request} from 'node:http';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'node:test';

import {openPage, startBrowser} from './browser.mjs';
import {cruncherdPath, startCruncherd} from './cruncherd.mjs';
import {run} from './program.mjs';

const kProgram = `#!/usr/bin/env python3
from cruncher import serve, task

@task(params={
    "type": "object", "additionalProperties": False, "required": ["level"],
    "definitions": {"Level": {"type": "integer", "minimum": 1}, "Point": {"type": "object", "properties": {"x": {"type": "integer"}}}},
    "properties": {
        "level": {"$ref": "#/definitions/Level"}, "maybe": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        "point": {"$ref": "#/definitions/Point"}, "any": {}, "text": {"type": "string", "maxLength": 20},
        "flag": {"type": "boolean"}, "mode": {"enum": ["fast", "slow"]}}})
def typed(**params):
    return params

@task(params={"type": "object"})
def untyped(**params):
    return params

HOSTILE = "q'; touch pwned; echo '"

@task(name="-picture~", result={"type": "object", "properties": {
    HOSTILE: {"type": "string", "contentEncoding": "base64", "contentMediaType": "image/png"}}})
def picture():
    return {HOSTILE: b"a picture"}

serve()
`;

/** A cruncherd of that program below /some/tools of a proxy: {url, folder}. */
async function startBehindProxy(t) {
  const folder = mkdtempSync(join(tmpdir(), 'form-'));
  t.after(() => rmSync(folder, {recursive: true}));
  copyFileSync(new URL('../../ipc/kits/cruncher.py', import.meta.url), join(folder, 'cruncher.py'));
  writeFileSync(join(folder, 'mine'), kProgram);
  chmodSync(join(folder, 'mine'), 0o755);
  const server = await startCruncherd(t, ['--cruncher', join(folder, 'mine'), '--priority', 'normal']);
  const proxy = createServer((incoming, outgoing) => {
    if (!incoming.url.startsWith('/some/tools/')) return outgoing.writeHead(404).end();
    const {method, headers} = incoming;
    const onward = request(server.url + incoming.url.slice('/some/tools'.length), {method, headers}, (response) => {
      outgoing.writeHead(response.statusCode, response.headers);
      response.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    return incoming.pipe(onward);
  });
  await new Promise((resolve) => { proxy.listen(0, '127.0.0.1', resolve); });
  t.after(() => { proxy.closeAllConnections(); proxy.close(); });
  return {url: `http://127.0.0.1:${proxy.address().port}/some/tools`, folder};
}

async function choose(page, task) {
  await page.click(`.choices label:has(input[value="${task}"])`);
}

/** What came back, as text: the page's own reading must not spoil it. */
async function outcome(page) {
  await page.locator('.answer').evaluate((node) => node.replaceChildren());
  await page.click('form button[type=submit]');
  await page.locator('.verdict.ok').waitFor();
  return page.locator('.answer pre').textContent();
}

test('the form of a foreign program', {timeout: 200_000}, async (t) => {
  const {url, folder} = await startBehindProxy(t);
  const page = await openPage(t, await startBrowser(t), `${url}/dashboard`);
  await page.locator('#lamp-text', {hasText: 'serving'}).waitFor();

  await t.test('a reference to an integer and an integer or null are numbers, and what has no plain type is JSON', async () => {
    await choose(page, 'typed');
    await page.fill('#param-level', '5');
    await page.fill('#param-maybe', '7');
    await page.fill('#param-point', '{"x": 1}');
    await page.fill('#param-any', '[1, "a"]');
    await page.fill('#param-text', '12');
    assert.deepEqual(JSON.parse(await outcome(page)), {level: 5, maybe: 7, point: {x: 1}, any: [1, 'a'], text: '12'});
  });

  await t.test('what may be left out is left out', async () => {
    await choose(page, 'untyped');
    await choose(page, 'typed');
    await page.fill('#param-level', '5');
    assert.deepEqual(JSON.parse(await outcome(page)), {level: 5});
    await page.selectOption('#param-flag', 'false');
    await page.selectOption('#param-mode', '"slow"');
    assert.deepEqual(JSON.parse(await outcome(page)), {level: 5, flag: false, mode: 'slow'});
  });

  await t.test('a big integer keeps its digits on both ways', async () => {
    await page.fill('#param-level', '1234567890123456789');
    assert.match(await page.locator('.curl code').textContent(), /"level":1234567890123456789/);
    assert.match(await outcome(page), /"level": 1234567890123456789/);
  });

  await t.test('a schema that names no param gives one field for all of them', async () => {
    await choose(page, 'untyped');
    await page.fill('#params', '{"a": [1, {"b": null}]}');
    assert.deepEqual(JSON.parse(await outcome(page)), {a: [1, {b: null}]});
  });

  await t.test('the curl line does the same in a shell, whatever names a program gives its results', async () => {
    await choose(page, 'typed');
    await page.fill('#param-level', '5');
    await page.fill('#param-text', 'it\'s "$HOME"');
    const shown = await run('sh', ['-c', await page.locator('.curl code').textContent()], {cwd: folder});
    assert.deepEqual(JSON.parse(shown.output).result, {level: 5, text: 'it\'s "$HOME"'});
    await choose(page, '-picture~');
    const line = await page.locator('.curl code').textContent();
    await run('sh', ['-c', line], {cwd: folder});
    assert.ok(!existsSync(join(folder, 'pwned')), line);
    assert.equal((await run('cat', [join(folder, '-picture~.png')])).output, 'a picture');
  });
});

test('the form asks for a key where the server wants one, and sends it', {timeout: 100_000}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'keys-'));
  t.after(() => rmSync(folder, {recursive: true}));
  const {output} = await run(cruncherdPath(), ['--make-key', 'alice']);
  const [key, line] = output.split('\n');
  writeFileSync(join(folder, 'keys'), `${line}\n`, {mode: 0o600});
  const {url} = await startCruncherd(t, ['--api-keys', join(folder, 'keys'), '--priority', 'normal']);
  const page = await openPage(t, await startBrowser(t), `${url}/dashboard`);
  await choose(page, 'primes');
  await page.fill('#param-limit', '100');
  assert.ok(!await page.isVisible('#key'));
  await page.click('form button[type=submit]');
  await page.locator('.verdict.failure', {hasText: '401'}).waitFor();
  await page.fill('#key', key);
  assert.match(await outcome(page), /"count"/);
  const shown = await page.locator('.curl code').textContent();
  assert.ok(!shown.includes(key) && shown.includes('Bearer $KEY'), shown);
});
