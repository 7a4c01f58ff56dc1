import spin from './spin.mjs';

process.once('message', (CPUTimeMs) => process.send(spin(CPUTimeMs), () => process.disconnect()));
