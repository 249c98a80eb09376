/**
 * Reads the words of this device's own contents (R39): goes along its rows, gathers what has no text yet, and has one file after the other
 * read, while nothing else is to be done. What waits is kept, so that a restart goes on; a file that cannot be read is noted and not tried again.
 */
import type { Texts } from "../catalogue/texts.ts";
import type { TextSource } from "../catalogue/text_sources.ts";
import type { WaitingText } from "../catalogue/text_queue.ts";
import { sizeInWords } from "../core/bytes.ts";
import type { ContentId, DeviceId } from "../core/ids.ts";
import { TEXTS_WAITING } from "../core/limits.ts";
import { AGAIN_MS, letPass } from "../core/passing.ts";
import { EXTRACTOR_VERSION, isTooLargeForText, type TextKind, textKindOf } from "../core/text_kinds.ts";
import type { Clock, TextReader } from "../platform/ports.ts";
import { findLocal, isStill, type Local, placesOf } from "./local_source.ts";

export interface TextReadingDeps {
  readonly texts: Texts;
  readonly local: Local;
  readonly clock: Clock;
  readonly reader: TextReader;
  readonly self: DeviceId;
  /** Our journal's epoch: lsns of another one say nothing. */
  epoch(): number;
  /** Nothing else is to be done: no scan, no placing, no fetching, no serving. */
  mayWork(): boolean;
  /** Numbers of folders in which no texts are read. */
  off(): ReadonlySet<number>;
  /** A record came. */
  came(): void;
}

/** Rows that are looked at in one go: some milliseconds. */
const ROWS_AT_ONCE = 200;
/** With fewer waiting, more rows are looked at. */
const FEW_WAITING = TEXTS_WAITING - ROWS_AT_ONCE;
/** While something else is to be done it is asked this often whether that is over. */
const BUSY_MS = 1_000;
/** A file that is not there now (its folder's disk is away, it was just written to) is tried again after this, doubled each time. */
const RETRY_MS = 60_000;
const LONGEST_RETRY_MS = 86_400_000;
/** Records after which the log is written back, by the reader: some megabytes. */
const CHECKPOINT_AFTER = 256;

export class TextReading {
  readonly #deps: TextReadingDeps;
  #isAtWork = false;
  #isStopped = false;
  #hasRows = true;
  #written = 0;
  /** The next look is not put off by what asks for one. */
  #isSoon = false;
  #cancel: (() => void) | null = null;
  #running: Promise<void> = Promise.resolve();

  constructor(deps: TextReadingDeps) {
    this.#deps = deps;
  }

  /** Our rows may have changed, or what is read of them. */
  wake(): void {
    this.#hasRows = true;
    if (!this.#isAtWork && !this.#isSoon) this.#after(BUSY_MS);
  }

  /** All rows were looked at, and nothing is due to be read. */
  get isDone(): boolean {
    return !this.#hasRows && !this.#isAtWork && this.#deps.texts.queue.next(this.#deps.clock.now()) === null;
  }

  /** A record came from elsewhere: it is in the log, too. */
  noteWritten(): void {
    this.#written++;
    if (!this.#isAtWork && !this.#isSoon) this.#after(BUSY_MS);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel?.();
    this.#deps.reader.close();
    await this.#running;
  }

  #after(delayMs: number): void {
    if (this.#isStopped) return;
    this.#cancel?.();
    this.#isSoon = delayMs <= BUSY_MS;
    this.#cancel = this.#deps.clock.after(delayMs, () => {
      this.#cancel = null;
      this.#isSoon = false;
      if (!this.#isAtWork) this.#running = this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#isAtWork = true;
    let againMs: number | null = AGAIN_MS;
    try {
      againMs = await this.#work();
    } catch (error) {
      letPass(error);
    } finally {
      this.#isAtWork = false;
    }
    if (againMs !== null) this.#after(againMs);
  }

  /** Works as long as it may; answers after what time there is more to do, null when that is to be told. */
  async #work(): Promise<number | null> {
    const { texts, clock, mayWork } = this.#deps;
    while (!this.#isStopped) {
      if (!mayWork()) return BUSY_MS;
      if (this.#hasRows && texts.queue.count() < FEW_WAITING) {
        this.#hasRows = this.#takeRows();
        await this.#turn();
        continue;
      }
      const next = texts.queue.next(clock.now());
      if (next === null) break;
      // While it is read everything else has its turn.
      if (!await this.#readOne(next)) await this.#turn();
      if (this.#written >= CHECKPOINT_AFTER) await this.#writeBack();
      while (mayWork() && texts.index.merge()) await this.#turn();
    }
    if (this.#isStopped) return null;
    if (this.#written > 0) await this.#writeBack();
    if (this.#hasRows || this.#written > 0) return BUSY_MS;
    const dueMs = texts.queue.nextDueMs();
    return dueMs === null ? null : Math.max(BUSY_MS, dueMs - clock.now());
  }

  async #writeBack(): Promise<void> {
    this.#written = 0;
    await this.#deps.reader.checkpoint(this.#deps.texts.file.path);
  }

  #turn(): Promise<void> {
    return new Promise((resolve) => this.#deps.clock.after(0, resolve));
  }

  /** Looks at the next of our rows; false when there are no more. */
  #takeRows(): boolean {
    const { texts: { queue, peers }, local: { catalogue }, epoch, off } = this.#deps;
    const offNow = off();
    const offBefore = new Set(String(queue.meta("rows/off") ?? "").split(" ").map(Number));
    const isOnAgain = [...offBefore].some((folder) => folder > 0 && !offNow.has(folder));
    if (isOnAgain) peers.relistAll();
    // Of another epoch, or with a folder that is to be read after all, all rows are looked at again.
    const isAnew = isOnAgain || queue.meta("rows/epoch") !== epoch();
    const seen = isAnew
      ? { lsn: 0, state: 0 }
      : { lsn: Number(queue.meta("rows/lsn") ?? 0), state: Number(queue.meta("rows/state") ?? 0) };
    const { files, next } = catalogue.textSources.after(seen, ROWS_AT_ONCE);
    const wanted = files.flatMap((file) => offNow.has(file.folder) ? [] : this.#wantedOf(file));
    const { lsn, state } = next ?? seen;
    queue.await(wanted, {
      "rows/epoch": epoch(),
      "rows/lsn": lsn,
      "rows/state": state,
      "rows/off": [...offNow].join(" "),
    });
    return next !== null;
  }

  #wantedOf({ content, name, size }: TextSource): { content: ContentId; kind: TextKind }[] {
    const kind = textKindOf(name);
    if (kind === null || size === 0 || this.#isRead(content)) return [];
    if (!isTooLargeForText(kind, size)) return [{ content, kind }];
    this.#put(content, {
      note: `could not be read: it has ${sizeInWords(size)}, more than is read of a ${kind}`,
    });
    return [];
  }

  /** What we read ourselves, or somebody else could read, with an extractor as good as ours. */
  #isRead(content: ContentId): boolean {
    const head = this.#deps.texts.index.head(content);
    return head !== null && head.version >= EXTRACTOR_VERSION &&
      (head.note === null || head.origin === this.#deps.self);
  }

  /** False when there was nothing to read, and so no turn for others. */
  async #readOne({ content, kind, tries }: WaitingText): Promise<boolean> {
    const { texts: { queue }, local, clock, reader } = this.#deps;
    const againMs = clock.now() + Math.min(RETRY_MS * 2 ** tries, LONGEST_RETRY_MS);
    const source = this.#isRead(content) ? null : findLocal(local, content);
    if (source === null) {
      const isWanted = !this.#isRead(content) && placesOf(local, [content]).size > 0;
      if (isWanted) queue.postpone(content, againMs);
      else queue.giveUp(content);
      return false;
    }
    try {
      const answer = await reader.read(source.at, kind);
      if (this.#isStopped) return true;
      // What was written to meanwhile is another content by now.
      if (answer !== null && isStill(source)) this.#put(content, answer);
      else queue.postpone(content, againMs);
      return true;
    } finally {
      source.pin.close();
    }
  }

  #put(content: ContentId, answer: { readonly text: string } | { readonly note: string }): void {
    const { texts: { index }, self, came } = this.#deps;
    const [text, note] = "text" in answer ? [answer.text, null] : ["", answer.note];
    index.putOwn({ content, origin: self, version: EXTRACTOR_VERSION, note, text });
    this.#written++;
    came();
  }
}
