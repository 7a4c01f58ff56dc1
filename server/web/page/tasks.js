// The tasks that had a job, the busiest first: how often they run now, for how long, and how many of their jobs failed.

import {byId, element, reconcile, setText} from './dom.js';
import {count, duration, rate} from './format.js';

function makeRow() {
  return element('tr', {}, ...Array.from({length: 6}, () => element('td')));
}

/** `tasks` is that part of /status. */
export function showTasks(tasks) {
  const entries = Object.entries(tasks).sort(([a, one], [b, other]) => other.total - one.total || a.localeCompare(b));
  byId('tasks-note').hidden = entries.length > 0;
  byId('tasks-table').hidden = entries.length === 0;
  const rows = reconcile(byId('tasks'), entries.map(([name]) => name), makeRow);
  rows.forEach((row, index) => {
    const [name, figures] = entries[index];
    const texts = [name, rate(figures.per_s), duration(figures.p50_ms), duration(figures.p99_ms), count(figures.total), count(figures.failed_total)];
    texts.forEach((text, cell) => setText(row.cells[cell], text));
    row.cells[5].classList.toggle('refusal', figures.failed_total > 0);
  });
}
