// child_process.fork per request: a fresh Node process for each job.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { serve } from './serve.mjs';

const script = new URL('fork_child.mjs', import.meta.url);

serve(async (CPUTimeMs) => {
  const child = fork(script);
  const ended = once(child, 'exit');
  child.send(CPUTimeMs);
  const [result] = await once(child, 'message');
  await ended;
  return result;
});
