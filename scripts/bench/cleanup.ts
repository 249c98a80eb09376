/** What is to be taken away at the end, whatever the end is: processes, namespaces, directories. Last come, first gone. */

export type Undo = () => void | Promise<void>;

export class Cleanup {
  readonly #undos: Undo[] = [];
  #isInterrupted = false;
  #running: Promise<void> | null = null;

  /** Whether a stop signal came. */
  get isInterrupted(): boolean {
    return this.#isInterrupted;
  }

  /** Remembers it; the returned function does it now, once. Throws when all is being taken away: nothing more is to be made. */
  add(undo: Undo): () => Promise<void> {
    if (this.#isInterrupted) throw new Error("Interrupted");
    let done: Promise<void> | null = null;
    const once = () => done ??= Promise.resolve().then(undo);
    this.#undos.push(once);
    return async () => {
      await once();
      const at = this.#undos.indexOf(once);
      if (at >= 0) this.#undos.splice(at, 1);
    };
  }

  /** Does all of it. May be called more than once; what fails is told and keeps nothing else from being done. */
  run(): Promise<void> {
    return this.#running ??= (async () => {
      for (let undo = this.#undos.pop(); undo !== undefined; undo = this.#undos.pop()) {
        try {
          await undo();
        } catch (error) {
          console.error(`While cleaning up: ${error instanceof Error ? error.message : error}`);
        }
      }
      this.#running = null;
    })();
  }

  /**
   * A stop signal cleans up and ends this process with 130. `last` runs at the very end, when nothing can come between it and the exit: what was
   * under way went on while the rest was taken away.
   */
  onSignals(tell: (line: string) => void, last: () => void): void {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      if (Deno.build.os === "windows" && signal === "SIGTERM") continue;
      Deno.addSignalListener(signal, () => {
        if (this.#isInterrupted) return;
        this.#isInterrupted = true;
        tell("\nInterrupted; cleaning up.");
        this.run().finally(() => {
          last();
          Deno.exit(130);
        });
      });
    }
  }
}
