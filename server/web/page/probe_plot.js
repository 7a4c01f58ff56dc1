// Each probe of the experiment as a dot: when it was sent, how long it took. A probe still on its way rises as it waits.

import {Frame, logScale} from './axes.js';
import {svg} from './dom.js';
import {duration} from './format.js';

const kShortest = 8500;
const kLabelWidth = 90;
const kScale = logScale(0.1, 10_000);
const tick = (ms) => ms >= 1000 ? `${ms / 1000} s` : `${ms} ms`;

export class ProbePlot {
  #canvas = svg('svg', {role: 'img', 'aria-label': 'Latency of / during the experiment: not run yet'});
  #last = [[], [], 0];

  constructor(figure) {
    figure.append(this.#canvas);
    new ResizeObserver(() => this.#paint()).observe(this.#canvas);
  }

  draw(probes, phases, elapsed) {
    this.#last = [probes, phases, elapsed];
    this.#paint();
  }

  #paint() {
    const [probes, phases, elapsed] = this.#last;
    const frame = new Frame(this.#canvas.clientWidth, this.#canvas.clientHeight, kScale.ticks.map(tick));
    if (frame.width === 0) return;
    const span = Math.max(kShortest, elapsed);
    const x = (ms) => frame.x(ms / span);
    const seconds = Array.from({length: Math.floor(span / 2000) + 1}, (_, index) => ({at: index * 2000 / span, label: `${index * 2} s`}));
    const bands = phases.flatMap((phase, index) => this.#band(frame, x, phase, index, phase.to ?? elapsed));
    const dots = probes.map((probe) => {
      const took = probe.took ?? elapsed - probe.at;
      const kind = probe.failed ? 'failed' : probe.took === null ? 'pending' : 'done';
      return svg('circle', {class: `dot ${kind}`, cx: x(probe.at), cy: frame.y(kScale.at(Math.max(took, 0.01))), r: 2.4});
    });
    this.#canvas.setAttribute('viewBox', `0 0 ${frame.width} ${frame.height}`);
    this.#canvas.replaceChildren(...bands, ...frame.grid(kScale, tick, seconds), ...dots);
    const slowest = Math.max(0, ...probes.map((probe) => probe.took ?? 0));
    if (probes.length) this.#canvas.setAttribute('aria-label', `Latency of / during the experiment: ${probes.length} probes, slowest ${duration(slowest)}`);
  }

  #band(frame, x, phase, index, to) {
    const left = x(phase.from);
    // A phase that was refused is over at once: its label must not lie under the next one's.
    const raised = index > 0 && left - x(this.#last[1][index - 1].from) < kLabelWidth ? 16 : 0;
    const fits = left + kLabelWidth < frame.right;
    const lane = index === 0 ? 'blocking' : 'free';
    return [
      svg('rect', {class: `band ${lane}`, x: left, y: frame.top, width: Math.max(1, x(to) - left), height: frame.bottom - frame.top}),
      svg('text', {class: 'band-label', x: fits ? left + 6 : left - 6, y: frame.bottom - 8 - raised, 'text-anchor': fits ? 'start' : 'end'}, phase.label),
    ];
  }
}
