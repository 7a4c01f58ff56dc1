// The key that heavy routes want where the server has --api-keys. Asked for once one was missed; kept by this page alone.

import {element} from './dom.js';

const kInput = element('input', {id: 'key', type: 'password', autocomplete: 'off', spellcheck: 'false', 'aria-describedby': 'key-hint'});

/** Hidden until askForKey(). */
export const keyRow = element('div', {class: 'field', hidden: true}, element('label', {for: 'key'}, 'key'), kInput,
    element('span', {class: 'hint', id: 'key-hint'}, 'as cruncherd --make-key printed it'));

export function askForKey() {
  keyRow.hidden = false;
  kInput.focus();
}

/** What a request to a heavy route has in its head. */
export function keyFields() {
  const key = kInput.value.trim();
  return key ? {Authorization: `Bearer ${key}`} : {};
}
