/** Five devices that do all that can become of a row, in a catalogue of the first of them. */
import type { Catalogue } from "../../src/catalogue/catalogue.ts";
import { SELF } from "../../src/catalogue/interning.ts";
import { DAMAGED, damagedValue } from "../../src/core/damaged.ts";
import { isAlive, type Row } from "../../src/core/entry.ts";
import type { RelPath } from "../../src/core/ids.ts";
import { type Move, movedRows } from "../../src/core/move.ts";
import { Rng } from "../sim/disk/rng.ts";
import { FOLDER, pageOf, type TestCatalogue } from "./catalogues.ts";
import { contentOf, deviceOf, dot, entryOf, folderOf, lsnOf, pathOf, rowOf, stampOf } from "./entries.ts";

const DEVICES = 5;
const DIRECTORIES = ["", "d/", "d/s/", "e/"];
const NAMES = Array.from({ length: 40 }, (_, i) => `f${i}`);
/** Of these one is so frequent that it becomes a crowd. */
const CONTENTS = 60;
const FOLDERS = [FOLDER, folderOf(6)];
/** Counters as they are in our time. */
const TIME = 1_780_000_000_000;

/** A directory of files under another name. */
export function moveOf(top: string, now: string, names: readonly string[]): Move {
  return {
    top: pathOf(top),
    now: pathOf(now),
    total: names.length,
    dot: dot(1, TIME + 99),
    stamp: stampOf((TIME + 99) * 1024),
    writer: deviceOf(1),
    parts: [{ below: "" as RelPath, first: names[0]!, last: names.at(-1)!, count: names.length }],
  };
}

export class Story {
  readonly done = new Set<string>();
  readonly #catalogue: Catalogue;
  readonly #rng: Rng;
  readonly #lsns = Array.from({ length: DEVICES + 1 }, () => 0);
  readonly #epochs = Array.from({ length: DEVICES + 1 }, () => 1);
  #counter = TIME + 1_000;

  constructor({ catalogue }: TestCatalogue, seed: number) {
    this.#catalogue = catalogue;
    this.#rng = new Rng(`copies/${seed}`);
  }

  /** One change of some device. */
  change(): void {
    const rng = this.#rng;
    const device = 1 + rng.below(DEVICES);
    const at = rng.next();
    const path = this.#path();
    if (at < 0.35) this.#say("write", device, [this.#file(path)]);
    else if (at < 0.55) this.#say("delete", device, [this.#gone(path)]);
    else if (at < 0.70) this.#follow(device, path);
    else if (at < 0.80) this.#rename(device, path);
    else if (at < 0.86) this.#say("copy", device, [this.#file(path, 0), this.#file(this.#path(), 0)]);
    else if (at < 0.90) this.#drop(device, path);
    else if (at < 0.92) this.#damage(device);
    else if (at < 0.97) {
      const rows = NAMES.slice(0, 20).map((name) => this.#file(`many/${rng.below(30)}/${name}`, 1));
      this.#say("many", device, rows);
    } else if (at < 0.985) this.#begin(device);
    else this.#remove(device);
  }

  #path(): string {
    return this.#rng.pick(DIRECTORIES) + this.#rng.pick(NAMES);
  }

  #file(path: string, content = this.#rng.below(CONTENTS)): Row {
    const counter = ++this.#counter;
    const text = `content ${content}`;
    return rowOf(
      path,
      entryOf({ text, dots: [dot(1, counter)], stamp: counter * 1024, mtimeMs: counter % 3 }),
    );
  }

  #gone(path: string): Row {
    const counter = ++this.#counter;
    return rowOf(path, entryOf({ kind: "deleted", dots: [dot(1, counter)], stamp: counter * 1024 }));
  }

  #say(what: string, device: number, rows: readonly Row[], folder = this.#rng.pick(FOLDERS)): void {
    this.done.add(what);
    const lsn = ++this.#lsns[device]!;
    if (device === SELF) {
      const record = {
        type: "rows",
        cause: "local",
        timeMs: 1,
        closes: lsnOf(0),
        fresh: [],
        folder,
        rows,
      } as const;
      this.#catalogue.applyRecord(lsnOf(lsn), record);
      return;
    }
    const page = pageOf({ device, epoch: this.#epochs[device]!, from: lsn - 1, to: lsn, rows: [] });
    const folders = [{ folder, rows: rows.map((row) => ({ lsn: lsnOf(lsn), row })) }];
    this.#catalogue.applyPage({ ...page, folders });
  }

  /** A device becomes at a path what another one is there. */
  #follow(device: number, path: string): void {
    for (const folder of FOLDERS) {
      const [there] = this.#catalogue.rows.allAt(this.#catalogue.ids.folder(folder), pathOf(path));
      if (there !== undefined) this.#say("follow", device, [there.row], folder);
    }
  }

  #own(device: number, path: string) {
    const { rows, ids } = this.#catalogue;
    const number = ids.device(deviceOf(device));
    return FOLDERS.flatMap((folder) => {
      const held = rows.allAt(ids.folder(folder), pathOf(path)).find((one) => one.device === number);
      return held === undefined || !isAlive(held.row.entry) ? [] : [{ folder, row: held.row }];
    });
  }

  #rename(device: number, path: string): void {
    for (const { folder, row } of this.#own(device, path)) {
      this.#say("rename", device, [this.#gone(path), { ...row, path: pathOf(this.#path()) }], folder);
    }
  }

  #drop(device: number, path: string): void {
    for (const { folder, row } of this.#own(device, path)) {
      this.#say("drop", device, [{ ...row, held: !row.held }], folder);
    }
  }

  /** A device says of some contents that its disk has damaged them, at one path or more; sometimes of none any more. */
  #damage(device: number): void {
    this.done.add("damage");
    const rng = this.#rng;
    const folder = rng.pick(FOLDERS);
    const count = rng.below(4);
    const some = Array.from(
      { length: count },
      () => contentOf(`content ${rng.below(3) * rng.below(CONTENTS)}`),
    );
    const many = rng.next() < 0.3 ? Array.from({ length: 2_000 }, () => contentOf("content 0")) : [];
    const fact = { key: DAMAGED + folder, value: damagedValue([...some, ...some.slice(1), ...many]) };
    const lsn = ++this.#lsns[device]!;
    if (device === SELF) return this.#catalogue.applyRecord(lsnOf(lsn), { type: "fact", ...fact });
    const page = pageOf({ device, epoch: this.#epochs[device]!, from: lsn - 1, to: lsn, rows: [] });
    this.#catalogue.applyPage({ ...page, folders: [], facts: [{ ...fact, lsn: lsnOf(lsn) }] });
  }

  /** A device announces everything anew, in another epoch; what it does not say again is swept. */
  #begin(device: number): void {
    if (device === SELF) return;
    this.done.add("epoch");
    this.#epochs[device]!++;
    this.#lsns[device] = 0;
    for (let i = 0; i < 3; i++) this.#say("epoch", device, [this.#file(this.#path())]);
  }

  /** A device is no member any more: what is known of it goes in steps, as `Counting` has it. Later it may come anew. */
  #remove(device: number): void {
    if (device === SELF) return;
    this.done.add("remove");
    const { cursors, leftovers, rows, ids, db, values } = this.#catalogue;
    const number = ids.device(deviceOf(device));
    db.transaction(() => {
      cursors.setSweeping(number, false);
      cursors.set(number, { epoch: 0, boot: null, lsn: lsnOf(0) });
      values.dropFacts(number);
    });
    for (;;) {
      const some = leftovers.rowsOf(number, 50);
      db.transaction(() => some.forEach(({ folder, path }) => rows.drop(number, folder, path)));
      this.#catalogue.copies.countSome();
      if (some.length < 50) break;
    }
    // The same epoch may be told again, from its beginning.
    this.#lsns[device] = 0;
  }

  // ------------------------------------------------------------------------------ renamed directories

  /** A directory of files that devices 1 to 3 have; the names in it, in order. */
  sharedDirectory(directory: string, count: number): string[] {
    const names = Array.from({ length: count }, (_, i) => `n${String(i).padStart(3, "0")}`);
    const rows = names.map((name, i) =>
      rowOf(
        `${directory}/${name}`,
        entryOf({ text: `text ${i % 15}`, dots: [dot(1, TIME + 1 + i)], stamp: (TIME + 1 + i) * 1024 }),
      )
    );
    for (const device of [1, 2, 3]) this.#say("shared", device, rows, FOLDER);
    return names;
  }

  rename(move: Move, device: number): void {
    const lsn = ++this.#lsns[device]!;
    if (device === SELF) {
      this.#catalogue.applyRecord(lsnOf(lsn), {
        type: "moved",
        folder: FOLDER,
        cause: "local",
        timeMs: 1,
        closes: lsnOf(0),
        move,
      });
      return;
    }
    const page = pageOf({ device, epoch: this.#epochs[device]!, from: lsn - 1, to: lsn });
    this.#catalogue.applyPage({ ...page, folders: [], moves: [{ folder: FOLDER, lsn: lsnOf(lsn), move }] });
  }

  renameByRows(move: Move, device: number): void {
    const { rows, ids } = this.#catalogue;
    const { first, last } = move.parts[0]!;
    const number = ids.device(deviceOf(device));
    const moved = NAMES.length === 0
      ? []
      : Array.from({ length: 1_000 }, (_, i) => `n${String(i).padStart(3, "0")}`)
        .filter((name) => name >= first && name <= last)
        .flatMap((name) => rows.allAt(ids.folder(FOLDER), pathOf(`${move.top}/${name}`)))
        .filter((held) => held.device === number).flatMap(({ row }) => movedRows(move, row));
    this.#say("rows of a move", device, moved, FOLDER);
  }
}
