// The completions as bash uses them.

import assert from 'node:assert/strict';
import {dirname} from 'node:path';
import test from 'node:test';

import {cruncherdPath} from './cruncherd.mjs';
import {run} from './program.mjs';

const packaging = new URL('../../server/packaging/', import.meta.url).pathname;
const programs = {cruncherd: cruncherdPath(), cruncher: `${dirname(dirname(cruncherdPath()))}/cruncher/cruncher`};

/** What bash offers for the last of `words`. */
async function offered(program, ...words) {
  const script = `
    source "$1"
    COMP_WORDS=("\${@:2}") COMP_CWORD=$(($# - 2))
    compopt() { :; }
    _${program} "$2"
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const {code, output} = await run('bash', ['-c', script, 'bash', `${packaging}${program}.bash-completion`, programs[program], ...words]);
  assert.equal(code, 0, output);
  return output.split('\n').filter(Boolean);
}

test('cruncherd: flags, and the values of a flag that has few', {timeout: 60_000}, async () => {
  const flags = await offered('cruncherd', '--');
  for (const flag of ['--port', '--running', '--wait-timeout', '--blocking-route', '--version']) assert.ok(flags.includes(flag), flag);
  assert.deepEqual(await offered('cruncherd', '--kill'), ['--kill-grace']);
  assert.deepEqual(await offered('cruncherd', '--priority', 'l'), ['low']);
  assert.deepEqual(await offered('cruncherd', '--loop-priority', 'n'), ['normal']);
  assert.deepEqual(await offered('cruncherd', '--start', ''), ['exec', 'fork']);
  assert.deepEqual(await offered('cruncherd', '--log-format', '=', 'j'), ['json']);
});

test('cruncher: tasks, then the options of the task', {timeout: 60_000}, async () => {
  const tasks = await offered('cruncher', '');
  for (const task of ['spin', 'primes', 'mandelbrot', '--list']) assert.ok(tasks.includes(task), `${task} in ${tasks}`);
  assert.deepEqual(await offered('cruncher', 'pri'), ['primes']);
  assert.deepEqual(await offered('cruncher', 'primes', '--li'), ['--limit']);
  assert.deepEqual(await offered('cruncher', 'spin', '--C'), ['--CPUTimeMs']);
});
