// child_process.spawn of the same cruncher per request: one line to its stdin, the answer behind lines of progress.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { serve } from './serve.mjs';

const cruncher = process.env.CRUNCHER;

serve(async (CPUTimeMs) => {
  const child = spawn(cruncher, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  child.stdin.end(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'spin', params: { CPUTimeMs } }) + '\n');
  const answer = JSON.parse((await text(child.stdout)).trim().split('\n').at(-1));
  await ended;
  return answer.result;
});
