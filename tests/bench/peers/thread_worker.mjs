import { parentPort, workerData } from 'node:worker_threads';
import spin from './spin.mjs';

parentPort.postMessage(spin(workerData));
