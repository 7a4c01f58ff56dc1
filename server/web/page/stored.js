// Stored jobs: how many there are, and the newest of them with their progress, to be cancelled and fetched where their id may
// be seen. Asks /jobs only while there are such jobs.

import {byId, element, reconcile, setText} from './dom.js';
import {percent} from './format.js';
import {idButton, idText} from './id_button.js';
import {keyFields} from './key.js';

const kPeriod = 2000;
const kListed = 20;
const kStates = ['queued', 'running', 'done', 'failed', 'cancelled', 'interrupted'];
const kOver = kStates.slice(2);

let askedAt = -Infinity;
let idsAreHidden = false;

function makeRow() {
  return element('tr', {}, element('td', {}, element('div'), idButton('Copy this job’s id')), ...Array.from({length: 4}, () => element('td')));
}

async function end(id) {
  await fetch(`jobs/${id}`, {method: 'DELETE', headers: keyFields()});
  askedAt = -Infinity;
}

function actions(job) {
  if (job.id === null) return [];  // another's, on the port that is everybody's
  const over = kOver.includes(job.state);
  const button = element('button', {type: 'button', onclick: () => end(job.id)}, over ? 'Forget' : 'Cancel');
  const link = job.result === null ? null : element('a', {href: job.result.slice(1), target: '_blank', rel: 'noopener'}, 'Result');
  return [button, link].filter((node) => node !== null);
}

function showRow(row, job) {
  const [task, state, progress, created, buttons] = row.children;
  const [name, whose] = task.children;
  setText(name, job.task);
  setText(idText(whose), job.id ?? '');
  whose.hidden = job.id === null;
  setText(state, job.reason && job.reason !== job.state ? `${job.state}: ${job.reason}` : job.state);
  setText(progress, job.progress === null ? job.position ? `${job.position}. in its line` : '' : percent(job.progress));
  setText(created, new Date(job.created).toLocaleTimeString());
  const made = `${job.state} ${job.result}`;
  if (buttons.dataset.made === made) return;
  buttons.dataset.made = made;
  buttons.replaceChildren(...actions(job));
}

async function list() {
  askedAt = performance.now();
  const response = await fetch(`jobs?limit=${kListed}`, {cache: 'no-store', headers: keyFields()});
  if (!response.ok) return;
  const {jobs} = await response.json();
  idsAreHidden = jobs.some(({id}) => id === null);
  const rows = reconcile(byId('stored-jobs'), jobs.map((job, index) => job.id ?? `${job.created} ${index}`), makeRow);
  rows.forEach((row, index) => showRow(row, jobs[index]));
}

/** `stored` is that part of /status; null where the server stores none. */
export function showStored(stored) {
  byId('stored').hidden = stored === null || stored === undefined;
  if (!stored) return;
  const counts = kStates.filter((state) => stored[state] > 0).map((state) => `${stored[state]} ${state}`);
  const whose = idsAreHidden ? '. To cancel and to fetch others’ jobs is for operators, by --admin-port or --admin-socket.' : '';
  setText(byId('stored-note'),
      stored.fault ? `Nothing can be stored: ${stored.fault}` : counts.length > 0 ? counts.join(', ') + whose : 'No stored job.');
  byId('stored-table').hidden = counts.length === 0;
  if (counts.length > 0 && performance.now() - askedAt >= kPeriod) list().catch(() => {});
}
