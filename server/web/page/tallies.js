// Counts by reason as bars, the largest first. `kindOf(reason)` names the class of its bar.

import {byId, element, reconcile, setText} from './dom.js';
import {count, words} from './format.js';

function makeRow() {
  return element('li', {}, element('span', {class: 'reason'}), element('span', {class: 'value'}),
      element('span', {class: 'bar', 'aria-hidden': 'true'}, element('i')));
}

export function showTally(id, counts, kindOf, empty) {
  const list = byId(id);
  const entries = Object.entries(counts).filter(([, value]) => value > 0).sort((a, b) => b[1] - a[1]);
  if (entries.length === 0) {
    const [row] = reconcile(list, ['nothing yet'], () => element('li', {class: 'none'}));
    setText(row, empty);
    return;
  }
  const largest = entries[0][1];
  const rows = reconcile(list, entries.map(([reason]) => reason), makeRow);
  rows.forEach((row, index) => {
    const [reason, value] = entries[index];
    setText(row.children[0], words(reason));
    setText(row.children[1], count(value));
    row.children[2].firstChild.style.inlineSize = `${(value / largest) * 100}%`;
    row.className = kindOf(reason);
  });
}
