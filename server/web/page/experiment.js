// The origin's scenario: the same work on the event loop and in a process, while `/` is asked all the time.
// Probes go out on a fixed beat whether or not earlier ones were answered, as clients do that know nothing of each other.

import {byId, element, setText} from './dom.js';
import {count, duration} from './format.js';
import {askForKey, keyFields} from './key.js';
import {ProbePlot} from './probe_plot.js';

const kBeat = 50;
const kWork = 3000;
const kPause = 1000;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function median(sorted) {
  return sorted.length ? sorted[Math.floor((sorted.length - 1) / 2)] : null;
}

/** What the probes sent during a phase met. */
function finding(phase, probes) {
  const own = probes.filter((probe) => probe.phase === phase);
  const sorted = own.filter((probe) => probe.took !== null && !probe.failed).map((probe) => probe.took).sort((a, b) => a - b);
  return {asked: own.length, failed: own.filter((probe) => probe.failed).length, median: median(sorted), slowest: sorted.at(-1) ?? null};
}

export class Experiment {
  #probes = [];
  #phases = [];
  #from = 0;
  #plot = new ProbePlot(byId('experiment-plot'));
  #button = byId('experiment-run');

  constructor() {
    this.#button.addEventListener('click', () => this.#run());
  }

  async #run() {
    this.#button.disabled = true;
    setText(this.#button, 'Running…');
    this.#probes = [];
    this.#phases = [];
    this.#from = performance.now();
    byId('experiment-findings').replaceChildren();
    const beat = setInterval(() => this.#probe(), kBeat);
    const frames = setInterval(() => this.#draw(), 100);
    await pause(kPause);
    await this.#phase('/blocking', 'on the loop');
    await pause(kPause);
    await this.#phase('/non-blocking', 'in a process');
    await pause(kPause / 2);
    clearInterval(beat);
    await Promise.all(this.#probes.map((probe) => probe.done));
    clearInterval(frames);
    this.#draw();
    this.#report();
    this.#button.disabled = false;
    setText(this.#button, 'Run it again');
  }

  async #phase(route, label) {
    const phase = {route, label, from: this.#elapsed(), to: null, refusal: null};
    this.#phases.push(phase);
    try {
      const response = await fetch(`${route.slice(1)}?CPUTimeMs=${kWork}`, {cache: 'no-store', headers: keyFields()});
      const body = await response.json().catch(() => ({}));
      if (response.status === 401) askForKey();
      if (!response.ok) phase.refusal = `${response.status} ${body.detail ?? body.reason ?? ''}`.trim();
    } catch (error) {
      phase.refusal = error.message;
    }
    phase.to = this.#elapsed();
  }

  #probe() {
    const open = this.#phases.find((phase) => phase.to === null) ?? null;
    const probe = {at: this.#elapsed(), took: null, failed: false, phase: open};
    const answered = fetch('./', {cache: 'no-store'})
        .then(async (response) => {
          await response.arrayBuffer();
          probe.failed = !response.ok;
        }, () => { probe.failed = true; });
    probe.done = answered.then(() => { probe.took = this.#elapsed() - probe.at; });
    this.#probes.push(probe);
  }

  #elapsed() { return performance.now() - this.#from; }

  #draw() {
    this.#plot.draw(this.#probes, this.#phases, this.#elapsed());
  }

  #report() {
    const rows = this.#phases.map((phase) => {
      const name = element('th', {scope: 'row'}, element('code', {}, phase.route));
      if (phase.refusal !== null) {
        return element('tr', {}, name, element('td', {colspan: '3', class: 'refusal'}, `not run here: ${phase.refusal}`));
      }
      const {asked, failed, median: middle, slowest} = finding(phase, this.#probes);
      return element('tr', {}, name, element('td', {}, count(asked) + (failed ? ` (${failed} failed)` : '')),
          element('td', {}, duration(middle)), element('td', {}, duration(slowest)));
    });
    const head = ['while in', 'asked', 'median', 'slowest'].map((text) => element('th', {scope: 'col'}, text));
    byId('experiment-findings').replaceChildren(element('table', {},
        element('caption', {}, 'Latency of / meanwhile'), element('thead', {}, element('tr', {}, ...head)),
        element('tbody', {}, ...rows)));
  }
}
