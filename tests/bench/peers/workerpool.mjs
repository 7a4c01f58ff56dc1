// workerpool: a pool of Node processes that stay, one per core.
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import workerpool from 'workerpool';
import { serve } from './serve.mjs';

const script = fileURLToPath(new URL('workerpool_worker.mjs', import.meta.url));
const pool = workerpool.pool(script, {
  workerType: 'process',
  minWorkers: 'max',
  maxWorkers: availableParallelism(),
});

serve((CPUTimeMs) => pool.exec('spin', [CPUTimeMs]));
