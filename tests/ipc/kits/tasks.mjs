#!/usr/bin/env node
import {execSync} from 'node:child_process';
import {setTimeout} from 'node:timers/promises';

import {InvalidParams, progress, serve, task} from './cruncher.mjs';

console.log('loading');

const integer = {type: 'integer'};
const text = {type: 'string'};

task('echo', {summary: 'Gives back what came.', params: {text, least: {...integer, minimum: 0, default: 7}, maybe: {default: null}}},
    ({text, least = 7, maybe = null}) => ({text, least, maybe}));

task('grow', {params: {number: integer}}, ({number}) => ({next: BigInt(number) + 1n}));

task('noisy', {}, () => {
  console.log('stray');
  process.stdout.write('stray');
  console.log(String(execSync('echo stray child')));
  return 'quiet';
});

task('fails', {params: {how: text}}, async ({how}) => {
  if (how === 'invalid') throw new InvalidParams('must be something else', '/how');
  if (how === 'value') throw new InvalidParams('is no use');
  if (how === 'unsendable') return NaN;
  throw new Error('broke down');
});

task('half', {params: {milliseconds: integer}}, async ({milliseconds}) => {
  await setTimeout(60);
  progress(0.5);
  await setTimeout(milliseconds);
});

task('process', {}, () => process.pid);

serve();
