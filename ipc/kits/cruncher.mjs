// Makes a Node program a cruncher: functions that `cruncherd --cruncher ./mine.mjs` serves as tasks.
//
// One file to copy beside your program; Node 18 or later, nothing else. How to use it: README.md beside it. What goes over
// the pipes: PROTOCOL.md. Knows no HTTP. console.log goes to stderr, since stdout carries the protocol alone.

import {fstatSync, readSync, writeSync} from 'node:fs';
import {basename} from 'node:path';
import {isatty} from 'node:tty';

const kInvalidParams = -32602, kNoSuchTask = -32601, kFailed = -32000;
const kBetweenProgress = 50;  // ms
const kLongestMessage = 2000;  // characters of an error; the server refuses a line of 16 KiB

const tasks = new Map();
let nextProgress = Infinity;  // when the running job may next say how far it is

/** What a task throws for params that are no use to it; `pointer` is a JSON Pointer to the culprit: '/limit'. */
export class InvalidParams extends Error {
  constructor(message, pointer = '') {
    super(message);
    this.pointer = pointer;
  }
}

/**
 * Makes `run` a task: it gets the params as one object, and returns the result or a promise of it.
 * `params` has a JSON Schema for each of them; one without a default is required. `schema` in its place describes the
 * object as a whole, `result` the result. Integers beyond 2^53 come and go as BigInt; bytes (a Buffer) go as base64.
 */
export function task(name, {summary = '', params = {}, schema = wholeSchema(params), result = {}}, run) {
  tasks.set(name, {summary, schema, result, run});
}

/** Says how far the running job is, from 0 to 1. Costs next to nothing however often it is called. */
export function progress(fraction) {
  if (performance.now() < nextProgress) return;
  nextProgress = performance.now() + kBetweenProgress;
  write(`${print({jsonrpc: '2.0', method: 'progress', params: {fraction: Math.min(Math.max(fraction, 0), 1)}})}\n`);
}

/** Serves jobs until the server has no more, then ends the process. The last line of the program. */
export async function serve() {
  if (isatty(0)) {  // not process.stdin: to touch it makes the descriptor one that does not wait
    console.error(`this is a cruncher: start it with  cruncherd --cruncher ${process.argv[1]}`);
    process.exit(1);
  }
  keepStdoutClean();
  for (const readLine = lineReader(); ;) {
    const line = readLine();
    if (line === null) break;
    await answer(line);
  }
  process.exit(0);
}

// The lines.

function keepStdoutClean() {
  Object.defineProperty(process, 'stdout', {configurable: true, enumerable: true, get: () => process.stderr});
}

// Waits where the descriptor does not; `transfer` gives the count of bytes.
function patiently(transfer) {
  for (;;) {
    try {
      return transfer();
    } catch (error) {
      if (error.code === 'EPIPE') process.exit(0);  // the server has no more interest in this process
      if (error.code === 'EOF') return 0;
      if (error.code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

function write(text) {
  let rest = Buffer.from(text);
  while (rest.length > 0) rest = rest.subarray(patiently(() => writeSync(1, rest)));
}

/** A function that waits for the next line; null at the end. */
function lineReader() {
  const piece = Buffer.allocUnsafe(64 * 1024);
  let parts = [];
  return () => {
    for (;;) {
      const last = parts.at(-1);
      const end = last ? last.indexOf(10) : -1;
      if (end >= 0) {
        const line = Buffer.concat([...parts.slice(0, -1), last.subarray(0, end)]).toString();
        parts = end + 1 < last.length ? [last.subarray(end + 1)] : [];
        return line;
      }
      const count = patiently(() => readSync(0, piece));
      if (count === 0) return null;
      parts.push(Buffer.from(piece.subarray(0, count)));
    }
  };
}

// JSON, with integers of any size. The protocol lets no text hold NUL, so one that begins with it is a big integer.

const kTexts = /"(?:[^"\\]|\\.)*"/;
const kLongIntegers = new RegExp(`${kTexts.source}|-?\\d+(?:\\.\\d+)?(?:[eE][+-]?\\d+)?`, 'g');

function parse(text) {
  if (!/\d{16}/.test(text)) return JSON.parse(text);
  const marked = text.replace(kLongIntegers, (token) =>
    /^-?\d{16,}$/.test(token) && !Number.isSafeInteger(Number(token)) ? `"\\u0000${token}"` : token);
  return JSON.parse(marked, (_, value) => (typeof value === 'string' && value[0] === '\0' ? BigInt(value.slice(1)) : value));
}

function print(value) {
  let big = false;
  const text = JSON.stringify(value, function plain(key, shown) {
    const held = this[key];
    if (held instanceof Uint8Array) return Buffer.from(held).toString('base64');
    if (typeof shown === 'number' && !Number.isFinite(shown)) throw new TypeError(`JSON has no form for ${shown}`);
    if (typeof shown !== 'bigint') return shown;
    big = true;
    return `\0${shown}`;
  }) ?? 'null';
  return big ? text.replace(/"\\u0000(-?\d+)"/g, '$1') : text;
}

// A job.

async function answer(line) {
  const {id, method, params = {}} = parse(line);
  const before = process.cpuUsage();
  nextProgress = performance.now() + kBetweenProgress;
  const body = await outcome(method, params);
  nextProgress = Infinity;
  const {user, system} = process.cpuUsage(before);
  const usage = {cpu_ms: (user + system) / 1000, max_rss_kib: process.resourceUsage().maxRSS};
  write(`{"jsonrpc":"2.0","id":${print(id)},${body},"usage":${print(usage)}}\n\n`);  // the empty line: this is all
}

async function outcome(method, params) {
  try {
    if (method === 'rpc.discover') return `"result":${print(describe())}`;
    if (!tasks.has(method)) return failure(kNoSuchTask, `there is no task ${JSON.stringify(method)}`);
    return `"result":${print(await tasks.get(method).run(params))}`;
  } catch (problem) {
    if (problem instanceof InvalidParams) {
      const {message, pointer} = problem;
      return failure(kInvalidParams, message, {errors: [{pointer, message: message.slice(0, kLongestMessage)}]});
    }
    console.error(problem);
    return failure(kFailed, String(problem));
  }
}

function failure(code, message, data = undefined) {
  return `"error":${print({code, message: message.slice(0, kLongestMessage), data})}`;
}

// What the tasks take and give.

function wholeSchema(properties) {
  const required = Object.keys(properties).filter((name) => !('default' in properties[name]));
  return {type: 'object', properties, required, additionalProperties: false};
}

function describe() {
  const methods = [...tasks].map(([name, {summary, schema, result}]) => ({
    name, summary, paramStructure: 'by-name', 'x-params-schema': schema, result: {name: 'result', schema: result},
    params: Object.entries(schema.properties ?? {}).map(([key, value]) => (
      {name: key, required: (schema.required ?? []).includes(key), schema: value})),
  }));
  return {openrpc: '1.3.2', info: {title: basename(process.argv[1]), version: '1'}, 'x-jobs-per-process': true, methods};
}

const isPipe = (descriptor) => {
  try { return fstatSync(descriptor).isFIFO(); } catch { return false; }
};
if (isPipe(0) && isPipe(1)) keepStdoutClean();  // a server has started it: what is printed from here on is no answer
