// The last minutes of /status, as samples to plot. Rates come from totals a few seconds apart.

const kKeep = 300_000;
const kRateWindow = 5_000;

export class History {
  #samples = [];
  #recent = [];  // what /status said within the rate window

  get samples() { return this.#samples; }

  get latest() { return this.#samples.at(-1) ?? null; }

  add(status, now) {
    // Another pid is another server (a restart, or a neighbour on the same port): its totals do not continue ours.
    const pid = this.#recent.at(-1)?.status.server.pid;
    if (pid !== status.server.pid) this.#recent = [];
    this.#recent.push({status, now});
    while (this.#recent.length > 2 && this.#recent[0].now < now - kRateWindow) this.#recent.shift();

    const before = this.#recent[0];
    const seconds = (now - before.now) / 1000;
    const perSecond = (read) => seconds > 0 ? Math.max(0, read(status) - read(before.status)) / seconds : null;
    const lane = (name) => ({
      p50: status.requests[name].p50_ms ?? null,
      p99: status.requests[name].p99_ms ?? null,
      rate: perSecond((one) => one.requests[name].total),
    });
    this.#samples.push({
      now,
      light: lane('light'),
      heavy: lane('heavy'),
      running: status.slots.running,
      waiting: status.queue.waiting,
      cpu: perSecond((one) => one.server.cpu_s),
    });
    while (this.#samples[0].now < now - kKeep) this.#samples.shift();
  }
}
