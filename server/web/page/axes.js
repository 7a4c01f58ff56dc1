// Scales and the grid that plots are drawn on. Knows no data.

import {svg} from './dom.js';

/** From 0 to a round number that holds `largest`. */
export function linearScale(largest, smallestTop = 1) {
  const wanted = Math.max(largest, smallestTop);
  const power = 10 ** Math.floor(Math.log10(wanted));
  const top = [1, 2, 4, 5, 10].map((factor) => factor * power).find((value) => value >= wanted * 0.999);
  return {at: (value) => value / top, ticks: [0, top / 2, top]};
}

/** Whole decades that hold both values; whatever is smaller sits on the floor. */
export function logScale(smallest, largest) {
  const low = Math.floor(Math.log10(smallest));
  const high = Math.max(low + 2, Math.ceil(Math.log10(largest)));
  const ticks = Array.from({length: high - low + 1}, (_, index) => 10 ** (low + index));
  return {at: (value) => Math.max(0, (Math.log10(value) - low) / (high - low)), ticks};
}

/** Where the data goes inside an SVG of the given size: gutters for the labels, pixel coordinates. */
const kTickWidth = 6.8;  // of a character at the ticks' size

export class Frame {
  /** `labels`: the texts that will stand left of it. */
  constructor(width, height, labels) {
    this.width = width;
    this.height = height;
    this.left = Math.max(50, 12 + kTickWidth * Math.max(...labels.map((label) => label.length)));
    this.right = width - 8;
    this.top = 10;
    this.bottom = height - 22;
  }

  x(fraction) { return this.left + fraction * (this.right - this.left); }

  y(fraction) { return this.bottom - Math.min(1, fraction) * (this.bottom - this.top); }

  /** Inverse of x(). */
  fractionAt(pixel) { return Math.min(1, Math.max(0, (pixel - this.left) / (this.right - this.left))); }

  /** Grid lines with their labels. `times`: [{at: fraction, label}] */
  grid(scale, label, times) {
    const parts = [];
    for (const tick of scale.ticks) {
      const y = Math.round(this.y(scale.at(tick))) + 0.5;
      parts.push(svg('line', {class: 'rule', x1: this.left, x2: this.right, y1: y, y2: y}));
      parts.push(svg('text', {class: 'tick', x: this.left - 8, y: y + 3.5, 'text-anchor': 'end'}, label(tick)));
    }
    for (const {at, label: text} of times) {
      const x = Math.round(this.x(at)) + 0.5;
      const anchor = at > 0.97 ? 'end' : at < 0.03 ? 'start' : 'middle';
      parts.push(svg('line', {class: 'rule notch', x1: x, x2: x, y1: this.bottom, y2: this.bottom + 4}));
      parts.push(svg('text', {class: 'tick', x, y: this.bottom + 16, 'text-anchor': anchor}, text));
    }
    return parts;
  }
}

/** The `d` of a line through the points; a null among them is a gap, and a point alone a dot. */
export function linePath(points) {
  let path = '';
  let pen = 'M';
  for (const point of points) {
    if (point) path += `${pen}${point[0].toFixed(1)} ${point[1].toFixed(1)}${pen === 'M' ? 'h0' : ''}`;
    pen = point ? 'L' : 'M';
  }
  return path;
}

/** The `d` of dots where a point has none beside it to be joined with. */
export function lonePoints(points) {
  const lone = points.filter((point, index) => point && !points[index - 1] && !points[index + 1]);
  return lone.map(([x, y]) => `M${x.toFixed(1)} ${y.toFixed(1)}h0`).join('');
}

/** The `d` of the surface between two lines of equal length, without the gaps of either. */
export function areaPath(upper, lower) {
  let path = '';
  let start = 0;
  for (let index = 0; index <= upper.length; ++index) {
    if (index < upper.length && upper[index] && lower[index]) continue;
    if (index > start) {
      const outline = [...upper.slice(start, index), ...lower.slice(start, index).reverse()];
      path += `${linePath(outline)}Z`;
    }
    start = index + 1;
  }
  return path;
}
