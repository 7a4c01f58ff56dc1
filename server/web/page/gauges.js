// Slots, queue and spares: one cell for each where they can be counted at a glance, a bar where not.

import {element, setText} from './dom.js';

const kMostCells = 16;

class Gauge {
  #label;
  #value = element('span', {class: 'value'});
  #cells = element('div', {class: 'cells', 'aria-hidden': 'true'});

  constructor(label, lane) {
    this.#label = label;
    this.node = element('div', {class: `gauge ${lane}`, role: 'meter', 'aria-label': label, 'aria-valuemin': '0'},
        element('span', {class: 'label'}, label), this.#value, this.#cells);
  }

  show(used, limit) {
    setText(this.#value, `${used} / ${limit}`);
    this.node.setAttribute('aria-valuenow', String(used));
    this.node.setAttribute('aria-valuemax', String(Math.max(limit, 1)));
    this.node.setAttribute('aria-valuetext', `${this.#label}: ${used} of ${limit}`);
    if (limit <= kMostCells) this.#showCells(used, limit);
    else this.#showBar(used / limit);
  }

  #showCells(used, limit) {
    if (this.#cells.children.length !== limit || this.#cells.classList.contains('bar')) {
      this.#cells.classList.remove('bar');
      this.#cells.replaceChildren(...Array.from({length: limit}, () => element('i')));
    }
    [...this.#cells.children].forEach((cell, index) => cell.classList.toggle('on', index < used));
  }

  #showBar(fraction) {
    if (!this.#cells.classList.contains('bar')) {
      this.#cells.classList.add('bar');
      this.#cells.replaceChildren(element('i', {class: 'on'}));
    }
    this.#cells.firstChild.style.inlineSize = `${Math.min(1, fraction) * 100}%`;
  }
}

export class Gauges {
  #slots = new Gauge('slots', 'heavy');
  #queue = new Gauge('queue', 'neutral');
  #spares = new Gauge('spares', 'light');

  constructor(host) {
    host.append(this.#slots.node, this.#queue.node, this.#spares.node);
  }

  show(status) {
    this.#slots.show(status.slots.running, status.slots.limit);
    this.#queue.show(status.queue.waiting, status.queue.limit);
    this.#spares.show(status.spares.ready, status.spares.limit);
  }
}
