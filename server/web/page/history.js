// The last fifteen minutes, as the server keeps them and as samples to plot. Asks /status/history when a new point is due.

const kStep = 5;  // seconds

// Steps last longer where the server's loop was busy: rates are by the time that one has taken.
function samplesOf(history) {
  return history.at_s.map((at, index) => {
    const seconds = index > 0 ? at - history.at_s[index - 1] : history.step_s;
    return {
      now: at * 1000,
      light: {p50: history.light_p50_ms[index], p99: history.light_p99_ms[index], rate: history.light[index] / seconds},
      jobs: {p50: history.run_p50_ms[index], p99: history.run_p99_ms[index], rate: history.jobs[index] / seconds},
      failed: history.failed[index] / seconds,
      running: history.running[index],
      waiting: history.waiting[index],
      stored: history.stored_queued[index],
    };
  });
}

export class History {
  #pid = null;
  #samples = [];
  #asking = false;

  /** Times are the server's: milliseconds since its start. */
  get samples() { return this.#samples; }

  follow({server: {pid, uptime_s: now}}) {
    if (pid !== this.#pid) this.#samples = [];
    this.#pid = pid;
    const steps = (milliseconds) => Math.floor(milliseconds / 1000 / kStep);
    if (!this.#asking && steps(now * 1000) > steps(this.#samples.at(-1)?.now ?? 0)) this.#read().catch(() => {});
  }

  async #read() {
    this.#asking = true;
    try {
      const response = await fetch('status/history', {cache: 'no-store'});
      const history = response.ok ? await response.json() : null;
      if (history?.pid === this.#pid) this.#samples = samplesOf(history);
    } finally {
      this.#asking = false;
    }
  }
}
