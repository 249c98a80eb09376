/**
 * Files of which Cairn has set the mode or the time, or that got another name, and nothing else. They are read again when the clock's grain is past
 * (R14). Bytes that are others then, behind the very times that were there, are nobody's edit: whoever writes moves the time. The disk had
 * changed them before, and to announce them would be to bring the damage everywhere (R15).
 *
 * The same holds of such a file that is taken into the version store before it was read again (R21), under its name there.
 *
 * In memory alone: what is not known here any more counts as an edit, as everything does that cannot be told from one.
 */
import { type Fingerprint, type PrintedStat, samePrint } from "../core/fingerprint.ts";
import type { RelPath } from "../core/ids.ts";
import { RACY_MS, TOUCHED_FILES } from "../core/limits.ts";

/** Disks with coarse clocks keep whole seconds. */
const COARSE_MS = 1_000;

interface Left {
  readonly stat: PrintedStat;
  /** What it was before a durable copy took its place (sync/mending.ts), where that was: rows may still tell of it. */
  readonly was: PrintedStat;
}

export class Touched {
  readonly #left = new Map<RelPath, Left>();
  /** By their names in the version store. */
  readonly #kept = new Map<string, PrintedStat>();

  /** What the disk says of a file right after. A write that comes next may get the same time where that is the present, and coarse: then nothing can be said. */
  note(path: RelPath, stat: PrintedStat, fsNowMs: number, was = stat): void {
    this.#left.delete(path);
    if (stat.mtimeMs % COARSE_MS === 0 && Math.abs(stat.mtimeMs - fsNowMs) <= RACY_MS) return;
    put(this.#left, path, { stat: printed(stat), was: printed(was) });
  }

  /** A copy of the very bytes has taken the file's place. */
  follow(path: RelPath, from: PrintedStat, to: PrintedStat, fsNowMs: number): void {
    const left = this.#left.get(path);
    if (left !== undefined && samePrint(left.stat, from)) this.note(path, to, fsNowMs, left.was);
  }

  /** Whether a file that was read is as it was left, and the one that is `known`. It is asked for no more when nothing could hide in its print. */
  isAsLeft(path: RelPath, print: Fingerprint, known: PrintedStat | null): boolean {
    const left = this.#left.get(path);
    if (left === undefined) return false;
    const isSame = samePrint(left.stat, print);
    if (!isSame || print.settled) this.#left.delete(path);
    return isSame && known !== null && (samePrint(left.stat, known) || samePrint(left.was, known));
  }

  /** A file that is about to go into the version store as `file`: if it is as it was left, it is so there. */
  noteKept(path: RelPath, print: PrintedStat, file: string): void {
    const left = this.#left.get(path);
    if (left !== undefined && samePrint(left.stat, print)) put(this.#kept, file, left.stat);
  }

  /** Whether a kept version that was read is as it was left: going there moved ctime alone. It is asked for once. */
  isKeptAsLeft(file: string, stat: PrintedStat): boolean {
    const left = this.#kept.get(file);
    return this.#kept.delete(file) && samePrint({ ...left!, ctimeMs: stat.ctimeMs }, stat);
  }
}

function printed({ size, mtimeMs, ctimeMs, birthMs, ino, dev, mode }: PrintedStat): PrintedStat {
  return { size, mtimeMs, ctimeMs, birthMs, ino, dev, mode };
}

function put<K, V>(to: Map<K, V>, key: K, value: V): void {
  const [oldest] = to.keys();
  if (oldest !== undefined && to.size >= TOUCHED_FILES) to.delete(oldest);
  to.set(key, value);
}
