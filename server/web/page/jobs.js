// The jobs that run or wait, with their progress.

import {byId, element, reconcile, setText} from './dom.js';
import {duration, memory, percent} from './format.js';
import {idButton, idText} from './id_button.js';

const kMostWaiting = 6;

function makeRow() {
  return element('li', {},
      element('span', {class: 'task'}), element('span', {class: 'state'}),
      element('span', {class: 'track', role: 'progressbar', 'aria-valuemin': '0', 'aria-valuemax': '100'}, element('i')),
      element('span', {class: 'facts'}), idButton('Copy this request id'));
}

function facts(job) {
  if (job.state === 'waiting') return `for ${duration(job.age_ms)}`;
  return `${duration(job.age_ms)} · cpu ${duration(job.cpu_ms)} · ${memory(job.rss_kib)} · pid ${job.pid}`;
}

function showRow(row, job) {
  const [task, state, track, line, whose] = row.children;
  const known = typeof job.progress === 'number';
  row.className = job.state;
  setText(task, job.task);
  setText(state, known ? percent(job.progress) : job.state);
  setText(line, facts(job));
  setText(idText(whose), job.id ?? '');
  whose.hidden = job.id === null;  // another's, on the port that is everybody's
  track.setAttribute('aria-label', `${job.task} ${job.state}`);
  track.classList.toggle('unknown', !known);
  track.firstChild.style.inlineSize = known ? `${job.progress * 100}%` : '';
  if (known) track.setAttribute('aria-valuenow', String(Math.round(job.progress * 100)));
  else track.removeAttribute('aria-valuenow');
}

export function showJobs(jobs) {
  const running = jobs.filter((job) => job.state === 'running');
  const waiting = jobs.filter((job) => job.state !== 'running');
  const shown = [...running, ...waiting.slice(0, kMostWaiting)];
  // A client chooses its request id, so two jobs may have the same one.
  const key = (job, index) => `${job.id} ${job.pid ?? index}`;
  const rows = reconcile(byId('jobs'), shown.map(key), makeRow);
  rows.forEach((row, index) => showRow(row, shown[index]));

  const hidden = waiting.length - Math.min(waiting.length, kMostWaiting);
  const note = byId('jobs-note');
  note.hidden = shown.length > 0 && hidden === 0;
  setText(note, hidden > 0 ? `and ${hidden} more waiting` : 'No job. Every heavy request shows here while it runs.');
}
