/** What was read of paths lately: while something is done about a path, its rows are asked for many times. */

/** Paths at most; then all begins anew. */
const MOST = 1024;

export class RecentRows<Row> {
  readonly #rows = new Map<string, readonly Row[]>();

  /** The rows of a name in a directory, read where they are not known. */
  of(directory: number, name: string, read: () => Row[]): readonly Row[] {
    const key = `${directory}/${name}`;
    const known = this.#rows.get(key);
    if (known !== undefined) return known;
    const rows = read();
    this.#keep(key, rows);
    return rows;
  }

  /** What they are from now on. */
  set(directory: number, name: string, rows: readonly Row[]): void {
    this.#keep(`${directory}/${name}`, rows);
  }

  #keep(key: string, rows: readonly Row[]): void {
    if (this.#rows.size >= MOST) this.#rows.clear();
    this.#rows.set(key, rows);
  }

  /** They are about to change. */
  forget(directory: number, name: string): void {
    this.#rows.delete(`${directory}/${name}`);
  }

  clear(): void {
    this.#rows.clear();
  }
}
