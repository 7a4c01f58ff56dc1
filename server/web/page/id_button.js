// An id that can be copied: by a click, or by selecting its text.

import {copyText, element, setText} from './dom.js';

const kShown = 2000;  // milliseconds, of the note

/** A button with the id's own text, apart from what changes every second; setText(idText(node), id) gives it one. */
export function idButton(title, id = '') {
  const text = element('span', {}, id);
  const note = element('span', {class: 'note', role: 'status'});
  const button = element('button', {type: 'button', class: 'id', title, onclick: async () => {
    setText(note, await copyText(text));
    setTimeout(() => setText(note, ''), kShown);
  }}, text);
  return element('span', {class: 'whose'}, button, note);
}

export const idText = (node) => node.firstChild.firstChild;
