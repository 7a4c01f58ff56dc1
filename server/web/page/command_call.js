// A task that is a command: a file up, params in the query, and what comes back as a picture, a text or a download. The same
// call as a curl line.

import {element} from './dom.js';
import {memory} from './format.js';
import {parseJson} from './json.js';
import {keyFields} from './key.js';

const kShownText = 64 * 1024;
const kShownPictures = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

export const isCommand = (task) => task.accepts !== undefined;

/** A field to choose the content in. */
export class ContentField {
  #input = element('input', {id: 'content', type: 'file', 'aria-describedby': 'content-hint'});

  constructor(task) {
    if (task.accepts.length) this.#input.setAttribute('accept', task.accepts.join(','));
    const types = task.accepts.join(', ') || 'any content';
    this.row = element('div', {class: 'field'}, element('label', {for: 'content'}, 'content'), this.#input,
        element('span', {class: 'hint', id: 'content-hint'}, `${types} · empty where none is chosen`));
  }

  /** Null where none is chosen. */
  get file() { return this.#input.files[0] ?? null; }
}

function urlOf(task, params) {
  const url = new URL(`tasks/${encodeURIComponent(task.name)}`, location.href);
  for (const [name, value] of Object.entries(parseJson(params))) url.searchParams.set(name, String(value));
  return url;
}

/** `params` are JSON text, as TaskForm gives them. */
export function commandCurlLine(task, params, file, deadline) {
  return [
    `curl -s ${quoted(String(urlOf(task, params)))}`,
    ...(file?.type ? [`-H ${quoted(`Content-Type: ${file.type}`)}`] : []),
    ...(keyFields().Authorization ? ['-H "Authorization: Bearer $KEY"'] : []),
    ...(deadline ? [`-H ${quoted(`Prefer: wait=${deadline}`)}`] : []),
    `--data-binary ${quoted(file ? `@${file.name}` : '')}`,
    `-o ${quoted(`${task.name}.out`)}`,
  ].join(' \\\n  ');
}

/** {status, body, blob, took}: a problem's body, or a result's blob; throws where there is no answer. */
export async function callCommand(task, params, file, {deadline, requestId, signal}) {
  const headers = {'Content-Type': file?.type || 'application/octet-stream', 'X-Request-Id': requestId, ...keyFields()};
  if (deadline) headers.Prefer = `wait=${deadline}`;
  const from = performance.now();
  const response = await fetch(urlOf(task, params), {method: 'POST', headers, body: file ?? '', signal});
  const blob = await response.blob();
  const body = response.status === 200 ? {} : parseJson(await blob.text());
  return {status: response.status, body, blob, took: performance.now() - from};
}

/** What came back, as elements. */
export async function resultElements(task, blob) {
  const url = URL.createObjectURL(blob);
  const type = blob.type.split(';')[0];
  const parts = [];
  if (kShownPictures.has(type)) parts.push(element('img', {src: url, alt: `what ${task.name} made`}));
  if (type.startsWith('text/') || type === 'application/json') {
    const text = await blob.slice(0, kShownText).text();
    parts.push(element('pre', {tabindex: '0', 'aria-label': 'result'}, blob.size > kShownText ? `${text}…` : text));
  }
  parts.push(element('p', {}, element('a', {href: url, download: task.name}, 'Download'),
      ` ${type || 'no type'} · ${memory(blob.size / 1024)}`));
  return parts;
}
