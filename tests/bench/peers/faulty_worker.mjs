// The faults of faulty.py, as far as a thread can commit them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';

const faults = {
  fine: () => {},
  crash: () => process.kill(process.pid, 'SIGSEGV'),  // what native code of an addon does
  hang: (token) => once(spawn('sleep', [`300.${token}`]), 'exit'),
  burn: () => { for (const until = Date.now() + 300_000; Date.now() < until;); },
  child: (token) => { spawn('sleep', [`300.${token}`], { detached: true, stdio: 'ignore' }).unref(); },
  holder: (token) => { spawn('sleep', [`300.${token}`]); },
  memory: () => { for (let held = [], i = 0; i < 96; ++i) held.push(Buffer.alloc(16 << 20, 1)); },
  flood: () => 'x'.repeat(1 << 20).repeat(256),  // a thread's result is a message
};

export default async ({ fault, token }) => {
  if (!faults[fault]) throw new Error('no such fault');
  return (await faults[fault](token)) ?? 'fine';
};
