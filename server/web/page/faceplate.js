// The top of the page: the lamp that says how the server is, and the server's own readings.

import {byId, element, reconcile, setText} from './dom.js';
import {count, duration, memory, percent} from './format.js';

const kReadings = [
  ['up', (status) => duration(status.server.uptime_s * 1000)],
  ['pid', (status) => String(status.server.pid)],
  ['CPU', (_, cpu) => percent(cpu)],
  ['memory', (status) => memory(status.server.rss_kib)],
  ['connections', (status) => count(status.connections.open)],
  ['accepted', (status) => count(status.connections.accepted_total)],
];

const kSeconds = 5;  // over which CPU time is counted

export class Faceplate {
  #values = new Map();
  #servers = [];  // what /status said of the server in these seconds

  constructor() {
    reconcile(byId('readouts'), kReadings.map(([label]) => label), (label) => {
      const value = element('dd', {}, '–');
      this.#values.set(label, value);
      return element('div', {}, element('dt', {}, label), value);
    });
  }

  show(status) {
    const cpu = this.#cpu(status.server);
    setText(byId('version'), status.server.version);
    byId('version').title = `started ${status.server.started}`;
    for (const [label, read] of kReadings) setText(this.#values.get(label), read(status, cpu));
    if (status.server.draining) this.lamp('draining', 'draining');
    else this.lamp('serving', 'serving');
    const running = status.slots.running;
    document.title = running > 0 ? `${running} running · cruncherd` : 'cruncherd';
  }

  // The share of a core that it takes. Another pid is another server, whose CPU time does not continue the last one's.
  #cpu(server) {
    if (this.#servers.at(-1)?.pid !== server.pid) this.#servers = [];
    this.#servers.push(server);
    while (this.#servers.length > 2 && this.#servers[0].uptime_s < server.uptime_s - kSeconds) this.#servers.shift();
    const [before] = this.#servers;
    const seconds = server.uptime_s - before.uptime_s;
    return seconds > 0 ? (server.cpu_s - before.cpu_s) / seconds : null;
  }

  /** `state`: connecting, serving, draining, silent, failed, resting. */
  lamp(state, text) {
    byId('lamp').dataset.state = state;
    setText(byId('lamp-text'), text);
  }
}
