// One call of a task over HTTP, and the same call as a curl line.

const kPictureTypes = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/** Names of the result's members that hold a picture in base64, by the task's result schema. */
export function pictureMembers(task) {
  return Object.entries(task.result?.properties ?? {})
      .filter(([, schema]) => schema.contentEncoding === 'base64' && kPictureTypes.has(schema.contentMediaType))
      .map(([name, schema]) => ({name, type: schema.contentMediaType}));
}

export function curlLine(task, params, deadline) {
  const lines = [
    `curl -s ${location.origin}/tasks/${task.name}`,
    '-H \'Content-Type: application/json\'',
    ...(deadline ? [`-H 'Prefer: wait=${deadline}'`] : []),
    `-d ${quoted(JSON.stringify(params))}`,
  ];
  const [picture] = pictureMembers(task);
  const tail = picture ? ` \\\n  | jq -r .result.${picture.name} | base64 -d > ${task.name}.${picture.type.split('/')[1]}` : '';
  return lines.join(' \\\n  ') + tail;
}

/** {status, body, took} of the answer; throws where there is none. */
export async function callTask(task, params, {deadline, requestId, signal}) {
  const headers = {'Content-Type': 'application/json', 'X-Request-Id': requestId};
  if (deadline) headers.Prefer = `wait=${deadline}`;
  const from = performance.now();
  const response = await fetch(`/tasks/${encodeURIComponent(task.name)}`,
      {method: 'POST', headers, body: JSON.stringify(params), signal});
  const body = await response.json();
  return {status: response.status, body, took: performance.now() - from};
}
