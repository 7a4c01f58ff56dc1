// The four plots of the last five minutes, and which sample goes into which line.

import {count, duration, rate} from './format.js';
import {TimePlot} from './time_plot.js';

const tick = (ms) => ms >= 1000 ? `${ms / 1000} s` : `${ms} ms`;

const kPlots = [
  {
    title: 'Latency', scale: 'log', format: duration, tick,
    series: [
      {name: 'light p99', lane: 'light', faint: true, read: (s) => s.light.p99, surface: 'light p50'},
      {name: 'light p50', lane: 'light', read: (s) => s.light.p50},
      {name: 'heavy p99', lane: 'heavy', faint: true, read: (s) => s.heavy.p99, surface: 'heavy p50'},
      {name: 'heavy p50', lane: 'heavy', read: (s) => s.heavy.p50},
    ],
  },
  {
    title: 'Slots and queue', scale: 'linear', format: count, smallestTop: 4,
    series: [
      {name: 'waiting', lane: 'neutral', read: (s) => s.waiting, surface: ''},
      {name: 'running', lane: 'heavy', read: (s) => s.running, surface: ''},
    ],
  },
  {
    title: 'Light requests', scale: 'linear', format: rate, tick: count, smallestTop: 10,
    series: [{name: 'answered', lane: 'light', read: (s) => s.light.rate, surface: ''}],
  },
  {
    title: 'Heavy requests', scale: 'linear', format: rate, tick: (value) => String(value), smallestTop: 2,
    series: [{name: 'answered', lane: 'heavy', read: (s) => s.heavy.rate, surface: ''}],
  },
];

export class Plots {
  #plots = kPlots.map((spec) => new TimePlot(spec));

  constructor(host) {
    host.append(...this.#plots.map((plot) => plot.node));
  }

  show(history, now) {
    for (const plot of this.#plots) plot.draw(history.samples, now);
  }
}
