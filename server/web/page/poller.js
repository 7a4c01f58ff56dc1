// Asks /status once a second, as long as the page can be seen and is not paused. Knows nothing of what the answer means.
// A server whose loop is frozen answers late: how long it has been silent is reported while it lasts.

const kPeriod = 1000;
const kSilenceWorthSaying = 600;

export class Poller {
  #paused = false;
  #askedAt = null;
  #wake = () => {};
  #on;
  #ownId;

  /** `on`: {status(json), silence(ms), failure(text), rest(why)}; `ownId()`: the request id that /status is to tell. */
  constructor(on, ownId) {
    this.#on = on;
    this.#ownId = ownId;
    document.addEventListener('visibilitychange', () => this.#wake());
    setInterval(() => this.#reportSilence(), 200);
    this.#run();
  }

  get paused() { return this.#paused; }

  pause(on) {
    this.#paused = on;
    this.#wake();
  }

  async #run() {
    for (;;) {
      if (this.#paused || document.hidden) {
        this.#on.rest(this.#paused ? 'paused' : 'hidden');
        await new Promise((resolve) => { this.#wake = resolve; });
        continue;
      }
      const next = performance.now() + kPeriod;
      await this.#ask();
      await new Promise((resolve) => setTimeout(resolve, Math.max(50, next - performance.now())));
    }
  }

  async #ask() {
    this.#askedAt = performance.now();
    try {
      const response = await fetch(`status?id=${encodeURIComponent(this.#ownId())}`, {cache: 'no-store', signal: AbortSignal.timeout(120_000)});
      if (!response.ok) throw new Error(`/status answers ${response.status}`);
      const status = await response.json();
      if (!this.#paused) this.#on.status(status);
    } catch (error) {
      this.#on.failure(error instanceof TypeError ? 'no connection' : error.message);
    } finally {
      this.#askedAt = null;
    }
  }

  #reportSilence() {
    if (this.#askedAt === null || this.#paused) return;
    const silent = performance.now() - this.#askedAt;
    if (silent > kSilenceWorthSaying) this.#on.silence(silent);
  }
}
