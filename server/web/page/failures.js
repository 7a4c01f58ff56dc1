// The last jobs that failed, the newest first: why, and the end of what they wrote to stderr.

import {byId, element, setText} from './dom.js';
import {words} from './format.js';
import {idButton} from './id_button.js';

let shown = '[]';

function noteOn(failures) {
  if (failures.length === 0) return 'None since the start.';
  return failures.every(({id}) => id !== null) ? '' : 'What others’ jobs said is for operators, by --admin-port or --admin-socket.';
}

function makeItem({time, id, task, reason, detail, stderr}) {
  return element('li', {},
      element('p', {}, element('time', {class: 'facts', datetime: time}, new Date(time).toLocaleTimeString()), ' ',
          element('span', {class: 'task'}, task), ' ', element('span', {class: 'refusal'}, words(reason))),
      detail === null ? null : element('p', {class: 'detail'}, detail),
      stderr === null ? null : element('pre', {tabindex: '0', 'aria-label': `stderr of ${task}`}, stderr),
      id === null ? null : idButton('Copy this id', id));
}

/** `failures` is that part of /status. */
export function showFailures(failures) {
  const text = JSON.stringify(failures);
  if (text === shown) return;  // so that a selection stays
  shown = text;
  byId('failures').replaceChildren(...failures.map(makeItem));
  byId('failures').hidden = failures.length === 0;
  setText(byId('failures-note'), noteOn(failures));
}
