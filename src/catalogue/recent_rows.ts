/** What was read of paths lately, or written: while something is done about a path, its rows are asked for many times. */

/** Paths in a generation. Of two at most, the older one goes when the newer one is full. */
const GENERATION = 8192;

/** The rows of names by directory: no key has to be put together for them. */
class Generation<Row> {
  readonly #directories = new Map<number, Map<string, readonly Row[]>>();
  count = 0;

  get(directory: number, name: string): readonly Row[] | undefined {
    return this.#directories.get(directory)?.get(name);
  }

  set(directory: number, name: string, rows: readonly Row[]): void {
    let names = this.#directories.get(directory);
    if (names === undefined) this.#directories.set(directory, names = new Map());
    const before = names.size;
    names.set(name, rows);
    this.count += names.size - before;
  }

  delete(directory: number, name: string): void {
    const names = this.#directories.get(directory);
    if (names === undefined || !names.delete(name)) return;
    this.count--;
    if (names.size === 0) this.#directories.delete(directory);
  }
}

export class RecentRows<Row> {
  #young = new Generation<Row>();
  #old = new Generation<Row>();

  /** The rows of a name in a directory, read where they are not known. */
  of(directory: number, name: string, read: () => Row[]): readonly Row[] {
    const known = this.#young.get(directory, name);
    if (known !== undefined) return known;
    const rows = this.#old.get(directory, name) ?? read();
    this.set(directory, name, rows);
    return rows;
  }

  /** The rows of a name in a directory where they are known. Asking keeps nothing longer. */
  known(directory: number, name: string): readonly Row[] | undefined {
    return this.#young.get(directory, name) ?? this.#old.get(directory, name);
  }

  /** What they are from now on. */
  set(directory: number, name: string, rows: readonly Row[]): void {
    if (this.#young.count >= GENERATION) {
      this.#old = this.#young;
      this.#young = new Generation();
    }
    this.#young.set(directory, name, rows);
  }

  /** They are about to change. */
  forget(directory: number, name: string): void {
    this.#young.delete(directory, name);
    this.#old.delete(directory, name);
  }

  clear(): void {
    this.#young = new Generation();
    this.#old = new Generation();
  }
}
