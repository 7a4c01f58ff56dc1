// The four plots, and which sample goes into which line.

import {count, duration, rate} from './format.js';
import {TimePlot} from './time_plot.js';

const tick = (ms) => ms >= 1000 ? `${ms / 1000} s` : `${ms} ms`;

const kPlots = [
  {
    title: 'Time taken', scale: 'log', format: duration, tick,
    series: [
      {name: 'light p99', lane: 'light', faint: true, read: (s) => s.light.p99, surface: 'light p50'},
      {name: 'light p50', lane: 'light', read: (s) => s.light.p50},
      {name: 'jobs p99', lane: 'heavy', faint: true, read: (s) => s.jobs.p99, surface: 'jobs p50'},
      {name: 'jobs p50', lane: 'heavy', read: (s) => s.jobs.p50},
    ],
  },
  {
    title: 'Slots and queues', scale: 'linear', format: count, smallestTop: 4,
    series: [
      {name: 'stored, queued', lane: 'neutral', faint: true, read: (s) => s.stored},
      {name: 'waiting', lane: 'neutral', read: (s) => s.waiting, surface: ''},
      {name: 'running', lane: 'heavy', read: (s) => s.running, surface: ''},
    ],
  },
  {
    title: 'Light requests', scale: 'linear', format: rate, tick: count, smallestTop: 10,
    series: [{name: 'answered', lane: 'light', read: (s) => s.light.rate, surface: ''}],
  },
  {
    title: 'Jobs', scale: 'linear', format: rate, tick: (value) => String(value), smallestTop: 2,
    series: [
      {name: 'ended', lane: 'heavy', read: (s) => s.jobs.rate, surface: ''},
      {name: 'of these failed', lane: 'bad', read: (s) => s.failed},
    ],
  },
];

export class Plots {
  #plots = kPlots.map((spec) => new TimePlot(spec));

  constructor(host) {
    host.append(...this.#plots.map((plot) => plot.node));
  }

  show(samples, now) {
    for (const plot of this.#plots) plot.draw(samples, now);
  }
}
