/**
 * Files of which Cairn has set the mode or the time, or that got another name, and nothing else. They are read again when the clock's grain is past
 * (R14). Bytes that are others then, behind the very times that were there, are nobody's edit: whoever writes moves the time. The disk had
 * changed them before, and to announce them would be to bring the damage everywhere (R15).
 *
 * In memory alone: what is not known here any more counts as an edit, as everything does that cannot be told from one.
 */
import { type Fingerprint, type PrintedStat, samePrint } from "../core/fingerprint.ts";
import type { RelPath } from "../core/ids.ts";
import { RACY_MS, TOUCHED_FILES } from "../core/limits.ts";

/** Disks with coarse clocks keep whole seconds. */
const COARSE_MS = 1_000;

export class Touched {
  readonly #left = new Map<RelPath, PrintedStat>();

  /** What the disk says of a file right after. A write that comes next may get the same time where that is the present, and coarse: then nothing can be said. */
  note(path: RelPath, stat: PrintedStat, fsNowMs: number): void {
    this.#left.delete(path);
    if (stat.mtimeMs % COARSE_MS === 0 && Math.abs(stat.mtimeMs - fsNowMs) <= RACY_MS) return;
    const [oldest] = this.#left.keys();
    if (oldest !== undefined && this.#left.size >= TOUCHED_FILES) this.#left.delete(oldest);
    const { size, mtimeMs, ctimeMs, birthMs, ino, dev, mode } = stat;
    this.#left.set(path, { size, mtimeMs, ctimeMs, birthMs, ino, dev, mode });
  }

  /** Whether a file that was read is as it was left. It is asked for no more when nothing could hide in its print. */
  isAsLeft(path: RelPath, print: Fingerprint): boolean {
    const left = this.#left.get(path);
    if (left === undefined) return false;
    const isSame = samePrint(left, print);
    if (!isSame || print.settled) this.#left.delete(path);
    return isSame;
  }
}
