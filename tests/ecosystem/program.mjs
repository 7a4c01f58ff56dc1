// A program that a test starts: what it prints, how it ends, and that it never outlives the test.
// Knows nothing of cruncherd. Every wait is bounded and says what was printed until then.

import {spawn} from 'node:child_process';

// Programs of the tests do not come with the server, and root must say that they may run as root.
if (process.getuid() === 0) process.env.CRUNCHERD_USER ??= 'root';

const running = new Set();
process.on('exit', () => {
  for (const program of running) program.signal('SIGKILL');
});
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(1));

/** Rejects with the sentence of `why()` where `promise` takes longer than `ms`. */
function within(ms, promise, why) {
  let timer;
  const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error(why())), ms); });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

export class Program {
  output = '';
  #child;
  #name;
  #ended;
  #listeners = new Set();

  /** `env` is added to the test's own environment; `input` is written to stdin, which is then closed. */
  constructor(command, args, {env = {}, cwd = undefined, input = ''} = {}) {
    this.#name = command.split('/').at(-1);
    this.#child = spawn(command, args, {cwd, env: {...process.env, ...env}, stdio: ['pipe', 'pipe', 'pipe']});
    running.add(this);
    this.#child.stdin.on('error', () => {});  // it may end without reading
    this.#child.stdin.end(input);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        this.output += text;
        for (const listener of this.#listeners) listener();
      });
    }
    this.#ended = new Promise((resolve, reject) => {
      this.#child.on('error', reject);
      this.#child.on('close', (code, signal) => resolve(code ?? signal));
    }).finally(() => running.delete(this));
    this.#ended.catch(() => {});  // told to whoever waits
  }

  get pid() { return this.#child.pid; }

  signal(name) { this.#child.kill(name); }

  /** The match of `pattern` in what was printed, as soon as it is there. */
  async prints(pattern, ms = 30_000) {
    let listener;
    const seen = new Promise((resolve) => {
      listener = () => {
        const match = this.output.match(pattern);
        if (match) resolve(match);
      };
      this.#listeners.add(listener);
      listener();
    });
    const ended = this.#ended.then((how) => { throw new Error(`${this.#name} ended with ${how} before it printed ${pattern}:\n${this.output}`); });
    try {
      return await within(ms, Promise.race([seen, ended]), () => `${this.#name} does not print ${pattern}, but:\n${this.output}`);
    } finally {
      this.#listeners.delete(listener);
    }
  }

  /** Its exit code, or the name of the signal that ended it. */
  end(ms = 60_000) {
    return within(ms, this.#ended, () => `${this.#name} still runs; it printed:\n${this.output}`);
  }

  /** Asks it to end, makes it end, and tells how it ended. */
  async stop(ms = 20_000) {
    this.signal('SIGTERM');
    return this.end(ms).finally(() => this.signal('SIGKILL'));
  }
}

/** Runs a program to its end: {code, output}. */
export async function run(command, args, {ms = 60_000, ...options} = {}) {
  const program = new Program(command, args, options);
  try {
    return {code: await program.end(ms), output: program.output};
  } finally {
    program.signal('SIGKILL');
  }
}

/** Where npm has put a tool. */
export const tool = (name) => new URL(`node_modules/.bin/${name}`, import.meta.url).pathname;
