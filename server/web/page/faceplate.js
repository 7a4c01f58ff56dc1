// The top of the page: the lamp that says how the server is, and the server's own readings.

import {byId, element, reconcile, setText} from './dom.js';
import {count, duration, memory, percent} from './format.js';

const kReadings = [
  ['up', (status) => duration(status.server.uptime_s * 1000)],
  ['pid', (status) => String(status.server.pid)],
  ['CPU', (_, sample) => percent(sample.cpu)],
  ['memory', (status) => memory(status.server.rss_kib)],
  ['connections', (status) => count(status.connections.open)],
  ['accepted', (status) => count(status.connections.accepted_total)],
];

export class Faceplate {
  #values = new Map();

  constructor() {
    reconcile(byId('readouts'), kReadings.map(([label]) => label), (label) => {
      const value = element('dd', {}, '–');
      this.#values.set(label, value);
      return element('div', {}, element('dt', {}, label), value);
    });
  }

  show(status, sample) {
    setText(byId('version'), status.server.version);
    byId('version').title = `started ${status.server.started}`;
    for (const [label, read] of kReadings) setText(this.#values.get(label), read(status, sample));
    if (status.server.draining) this.lamp('draining', 'draining');
    else this.lamp('serving', 'serving');
    const running = status.slots.running;
    document.title = running > 0 ? `${running} running · cruncherd` : 'cruncherd';
  }

  /** `state`: connecting, serving, draining, silent, failed, resting. */
  lamp(state, text) {
    byId('lamp').dataset.state = state;
    setText(byId('lamp-text'), text);
  }
}
