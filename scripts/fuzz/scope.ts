/** What one case of an attack has opened; all of it goes when the case is over. */
export class Scope {
  readonly #closers: (() => void)[] = [];
  #isOver = false;

  /** True once the case has had its time: whoever loops looks here. */
  get isOver(): boolean {
    return this.#isOver;
  }

  onEnd(close: () => void): void {
    if (this.#isOver) close();
    else this.#closers.push(close);
  }

  end(): void {
    this.#isOver = true;
    for (const close of this.#closers.splice(0)) {
      try {
        close();
      } catch {
        // It was closed by the other side.
      }
    }
  }

  pause(ms: number): Promise<void> {
    if (this.#isOver) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.onEnd(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** Waits for a condition, but not for long: an attack goes on whatever the victim does. */
  async until(condition: () => boolean, limitMs: number): Promise<boolean> {
    for (let waited = 0; waited < limitMs && !this.#isOver; waited += 20) {
      if (condition()) return true;
      await this.pause(20);
    }
    return condition();
  }
}
