/** What was read of paths lately, or written: while something is done about a path, its rows are asked for many times. */

/** Paths in a generation. Of two at most, the older one goes when the newer one is full. */
const GENERATION = 8192;

export class RecentRows<Row> {
  #young = new Map<string, readonly Row[]>();
  #old = new Map<string, readonly Row[]>();

  /** The rows of a name in a directory, read where they are not known. */
  of(directory: number, name: string, read: () => Row[]): readonly Row[] {
    const key = `${directory}/${name}`;
    const known = this.#young.get(key);
    if (known !== undefined) return known;
    const rows = this.#old.get(key) ?? read();
    this.#keep(key, rows);
    return rows;
  }

  /** What they are from now on. */
  set(directory: number, name: string, rows: readonly Row[]): void {
    this.#keep(`${directory}/${name}`, rows);
  }

  #keep(key: string, rows: readonly Row[]): void {
    if (this.#young.size >= GENERATION) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, rows);
  }

  /** They are about to change. */
  forget(directory: number, name: string): void {
    const key = `${directory}/${name}`;
    this.#young.delete(key);
    this.#old.delete(key);
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
  }
}
