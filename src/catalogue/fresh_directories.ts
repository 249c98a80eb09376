/**
 * Directories that got their number in this run, with all the names that were put in them: of any other name in them there is no
 * row, and none has to be looked for. A tree that comes in costs one query less for each of its files.
 */

/** Names and directories at most; then nothing is known of those any more. */
const MOST = 20_000;

export class FreshDirectories {
  readonly #names = new Map<number, Set<string>>();
  #count = 0;

  begin(directory: number): void {
    this.#make();
    this.#names.set(directory, new Set());
  }

  /** True when no row is at the name. */
  isUnknown(directory: number, name: string): boolean {
    return this.#names.get(directory)?.has(name) === false;
  }

  /** Of this one nothing is known any more. */
  end(directory: number): void {
    this.#names.delete(directory);
  }

  put(directory: number, name: string): void {
    const names = this.#names.get(directory);
    if (names === undefined || names.has(name)) return;
    this.#make();
    this.#names.get(directory)?.add(name);
  }

  #make(): void {
    if (++this.#count > MOST) this.clear();
  }

  clear(): void {
    this.#names.clear();
    this.#count = 0;
  }
}
