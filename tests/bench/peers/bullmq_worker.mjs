// Does what bullmq.mjs has queued, in its own process: nothing.
import { Worker } from 'bullmq';

const connection = { host: '127.0.0.1', port: Number(process.argv[2]), maxRetriesPerRequest: null };
new Worker('bench', async () => 0, { connection });
