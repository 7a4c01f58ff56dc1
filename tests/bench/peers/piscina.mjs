// Piscina: a pool of worker threads that stay, one per core.
import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import { serve } from './serve.mjs';

const threads = availableParallelism();
const pool = new Piscina({
  filename: new URL('spin.mjs', import.meta.url).href,
  minThreads: threads,
  maxThreads: threads,
});

serve((CPUTimeMs) => pool.run(CPUTimeMs));
