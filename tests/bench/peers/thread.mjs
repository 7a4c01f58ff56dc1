// worker_threads per request: a fresh isolate on a thread for each job.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { serve } from './serve.mjs';

const script = new URL('thread_worker.mjs', import.meta.url);

serve(async (CPUTimeMs) => {
  const worker = new Worker(script, { workerData: CPUTimeMs });
  const [result] = await once(worker, 'message');
  return result;
});
