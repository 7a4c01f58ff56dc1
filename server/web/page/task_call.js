// One call of a task over HTTP, and the same call as a curl line.

import {parseJson} from './json.js';
import {keyFields} from './key.js';

const kPictureTypes = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/** Names of the result's members that hold a picture in base64, by the task's result schema. */
export function pictureMembers(task) {
  return Object.entries(task.result?.properties ?? {})
      .filter(([, schema]) => schema.contentEncoding === 'base64' && kPictureTypes.has(schema.contentMediaType))
      .map(([name, schema]) => ({name, type: schema.contentMediaType}));
}

// Relative to the page, which may be below a proxy's path.
const taskUrl = (task) => new URL(`tasks/${encodeURIComponent(task.name)}`, location.href);

/** `params` are JSON text. All that others have named is quoted: a person pastes it. The key is not in it. */
export function curlLine(task, params, deadline) {
  const lines = [
    `curl -s ${quoted(String(taskUrl(task)))}`,
    `-H ${quoted('Content-Type: application/json')}`,
    ...(keyFields().Authorization ? ['-H "Authorization: Bearer $KEY"'] : []),
    ...(deadline ? [`-H ${quoted(`Prefer: wait=${deadline}`)}`] : []),
    `-d ${quoted(params)}`,
  ];
  const [picture] = pictureMembers(task);
  if (!picture) return lines.join(' \\\n  ');
  const file = `${task.name}.${picture.type.split('/')[1]}`;
  return [...lines, `| jq -r ${quoted(`.result[${JSON.stringify(picture.name)}]`)} | base64 -d > ${quoted(file)}`].join(' \\\n  ');
}

/** {status, body, took} of the answer; throws where there is none. */
export async function callTask(task, params, {deadline, requestId, signal}) {
  const headers = {'Content-Type': 'application/json', 'X-Request-Id': requestId, ...keyFields()};
  if (deadline) headers.Prefer = `wait=${deadline}`;
  const from = performance.now();
  const response = await fetch(taskUrl(task), {method: 'POST', headers, body: params, signal});
  const body = parseJson(await response.text());
  return {status: response.status, body, took: performance.now() - from};
}
