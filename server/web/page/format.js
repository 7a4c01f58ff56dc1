// Numbers as a person reads them. Every function takes null for "not known" and gives a dash.

const kUnknown = '–';

function digits(value) {
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** A time span from microseconds to days. */
export function duration(ms) {
  if (ms === null || ms === undefined) return kUnknown;
  if (ms < 1) return `${ms.toFixed(2)} ms`;
  if (ms < 999.5) return `${digits(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 60) return `${digits(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${String(Math.floor(seconds % 60)).padStart(2, '0')} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${String(minutes % 60).padStart(2, '0')} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

export function memory(kib) {
  if (kib === null || kib === undefined) return kUnknown;
  if (kib < 1000) return `${digits(kib)} KiB`;
  return kib < 1000 * 1024 ? `${digits(kib / 1024)} MiB` : `${digits(kib / 1024 / 1024)} GiB`;
}

const grouped = new Intl.NumberFormat('en', {maximumFractionDigits: 0});

export function count(value) {
  return value === null || value === undefined ? kUnknown : grouped.format(value).replaceAll(',', '\u202f');
}

export function rate(perSecond) {
  if (perSecond === null || perSecond === undefined) return kUnknown;
  return `${perSecond < 100 ? perSecond.toFixed(perSecond < 10 ? 1 : 0) : count(perSecond)} /s`;
}

export function percent(fraction) {
  return fraction === null || fraction === undefined ? kUnknown : `${Math.round(fraction * 100)} %`;
}

/** `queue_full` → `queue full`. */
export const words = (name) => name.replaceAll('_', ' ');
