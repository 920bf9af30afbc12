// A line that tells a person at a terminal how far it has got, once it takes long. In a pipe it says nothing.
const silentFor = 1000;
const every = 200;

export class Progress {
  readonly #started = performance.now();
  readonly #what: string;
  #said = 0;

  /** `what` follows the number: "120 taken back". */
  constructor(what: string) {
    this.#what = what;
  }

  step(done: number): void {
    const now = performance.now();
    if (!process.stderr.isTTY || now - this.#started < silentFor || now - this.#said < every) return;
    this.#said = now;
    process.stderr.write(`\r${done} ${this.#what}…\r`);
  }
}
