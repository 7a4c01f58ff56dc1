// Values over the last one to fifteen minutes: lines, the surface below or between them, a legend that also reads the value
// under the pointer. Knows nothing of what it plots.

import {Frame, areaPath, linePath, linearScale, logScale, lonePoints} from './axes.js';
import {element, setText, svg} from './dom.js';

// The time axis grows with what there is to show, in steps: its span and its notches in seconds.
const kSpans = [{span: 60, notch: 15}, {span: 120, notch: 30}, {span: 300, notch: 60}, {span: 900, notch: 180}];

// No line is drawn over a time of which nothing is known: the server's loop was busy.
const kLongestStep = 12_000;

const ago = (seconds) => seconds === 0 ? 'now' : seconds % 60 ? `−${seconds} s` : `−${seconds / 60} min`;

function notches({span, notch}, width) {
  const step = width < 460 ? span : notch;
  return Array.from({length: span / step + 1}, (_, index) => ({at: index * step / span, label: ago(span - index * step)}));
}

export class TimePlot {
  #spec;
  #canvas = svg('svg', {role: 'img'});
  #readings;
  #samples = [];
  #now = 0;
  #pointer = null;

  /**
   * `spec`: {title, scale: 'linear' | 'log', format, series: [{name, lane, faint, read(sample), surface}]};
   * `surface` fills down to 0, or to the series of that name.
   */
  constructor(spec) {
    this.#spec = spec;
    this.#readings = spec.series.map(() => element('span', {class: 'value'}, '–'));
    const entries = spec.series.map((series, index) => element('li', {class: `${series.lane}${series.faint ? ' faint' : ''}`},
        element('span', {class: 'swatch', 'aria-hidden': 'true'}), `${series.name} `, this.#readings[index]));
    this.node = element('figure', {class: 'plot'},
        element('figcaption', {}, element('h3', {}, spec.title), element('ul', {class: 'legend'}, ...entries)),
        this.#canvas);
    new ResizeObserver(() => this.#paint()).observe(this.#canvas);
    this.#canvas.addEventListener('pointermove', (event) => this.#point(event.offsetX));
    this.#canvas.addEventListener('pointerleave', () => this.#point(null));
  }

  draw(samples, now) {
    this.#samples = samples;
    this.#now = now;
    this.#paint();
  }

  #point(pixel) {
    this.#pointer = pixel;
    this.#paint();
  }

  #scale() {
    const values = this.#samples.flatMap((sample) => this.#spec.series.map((series) => series.read(sample)))
        .filter((value) => value !== null);
    if (this.#spec.scale === 'linear') return linearScale(Math.max(0, ...values), this.#spec.smallestTop);
    const positive = values.filter((value) => value > 0);
    return logScale(Math.min(0.1, ...positive), Math.max(10, ...positive));
  }

  #paint() {
    const width = this.#canvas.clientWidth;
    const height = this.#canvas.clientHeight;
    if (width === 0) return;
    const scale = this.#scale();
    const tick = this.#spec.tick ?? this.#spec.format;
    const frame = new Frame(width, height, scale.ticks.map(tick));
    const axis = this.#axis();
    const x = (sample) => frame.x(1 - (this.#now - sample.now) / 1000 / axis.span);
    const points = this.#spec.series.map((series) => this.#samples.flatMap((sample, index) => {
      const value = series.read(sample);
      const point = value === null ? null : [x(sample), frame.y(scale.at(value))];
      return index > 0 && sample.now - this.#samples[index - 1].now > kLongestStep ? [null, point] : [point];
    }));
    const parts = frame.grid(scale, tick, notches(axis, width));
    this.#spec.series.forEach((series, index) => {
      const lane = `${series.lane}${series.faint ? ' faint' : ''}`;
      if (series.surface !== undefined) {
        const below = this.#spec.series.findIndex((other) => other.name === series.surface);
        const floor = below >= 0 ? points[below] : points[index].map((point) => point && [point[0], frame.bottom]);
        parts.push(svg('path', {class: `surface ${lane}`, d: areaPath(points[index], floor)}));
      }
      parts.push(svg('path', {class: `curve ${lane}`, d: linePath(points[index])}));
      parts.push(svg('path', {class: `lone ${series.lane}`, d: lonePoints(points[index])}));
    });
    const sample = this.#sampleUnderPointer(frame, axis);
    if (sample && this.#pointer !== null) {
      parts.push(svg('line', {class: 'cursor', x1: x(sample), x2: x(sample), y1: frame.top, y2: frame.bottom}));
    }
    this.#canvas.setAttribute('viewBox', `0 0 ${width} ${height}`);
    this.#canvas.replaceChildren(...parts);
    this.#read(sample);
  }

  #axis() {
    const seconds = this.#samples.length > 0 ? (this.#now - this.#samples[0].now) / 1000 : 0;
    return kSpans.find(({span}) => seconds <= span) ?? kSpans.at(-1);
  }

  #sampleUnderPointer(frame, axis) {
    if (this.#pointer === null) return this.#samples.at(-1) ?? null;
    const wanted = this.#now - (1 - frame.fractionAt(this.#pointer)) * axis.span * 1000;
    const distance = (sample) => Math.abs(sample.now - wanted);
    return this.#samples.reduce((best, sample) => best && distance(best) <= distance(sample) ? best : sample, null);
  }

  #read(sample) {
    const texts = this.#spec.series.map((series) => this.#spec.format(sample ? series.read(sample) : null));
    texts.forEach((text, index) => setText(this.#readings[index], text));
    const spoken = this.#spec.series.map((series, index) => `${series.name} ${texts[index]}`).join(', ');
    this.#canvas.setAttribute('aria-label', `${this.#spec.title}: ${spoken}`);
  }
}
