/**
 * Dropping, from a person's word to the files: which others are asked to promise, how many are enough, and what is said where it is not. Some
 * files at a time, one after the other over all folders of the device: so many promises stand at once, and no more.
 */
import type { HeldRow } from "../catalogue/rows.ts";
import { CairnError } from "../core/errors.ts";
import type { ContentId, FolderId, RelPath } from "../core/ids.ts";
import { fromHex } from "../core/ids.ts";
import { givesOwn, type Mode } from "../core/mode.ts";
import type { Session } from "../peer/session.ts";
import { type Droppable, droppable, dropPromised, type NotDropped } from "./drop.ts";
import type { FolderSync } from "./folder_sync.ts";
import { MESSAGE, PROMISED_FILES, PROMISES, read } from "./messages.ts";
import { ANSWERS, type PromiseAnswer, type Promises } from "./promises.ts";

/** What has to be elsewhere before a file goes from here. */
export interface CopiesAsked {
  /** Disks of others that are to have it, one at least. */
  readonly copies: number;
  /** Devices of which each is to have it. */
  readonly on: ReadonlySet<number>;
  /** This device is to have it. */
  readonly isHere: boolean;
}

export interface DropsDeps {
  readonly promises: () => Promises;
  session(device: number): Session | null;
  name(device: number): string;
  /** How a device takes part in a folder; null where it does not, or is no member. */
  mode(device: number, folder: FolderId): Mode | null;
  asked(folder: number, path: RelPath, content: ContentId): CopiesAsked;
  /** The disk of a device's replica; null where it is failing. */
  disk(device: number, folder: number): string | null;
}

/** Bytes that others read again for one batch: so that what was promised is not old when it is relied on. */
const BATCH_BYTES = 2 ** 30;
/** A peer reads its files again before it answers: so long at least, and as long as a slow disk takes. */
const ANSWER_MS = 120_000;
const SLOW_BYTES_MS = 4_000;

const AGAIN = "Try again in a moment.";
const KEEP = "Keep it here, or change that there: see `cairn folders`, `cairn ignored`.";
const SAYS: Readonly<Record<Exclude<PromiseAnswer, "promised">, readonly [cause: string, remedy: string]>> = {
  otherwise: ["has something else there by now, or is not sure of it", AGAIN],
  dropping: ["is dropping its own copy of it", "Keep it on one of the two."],
  damaged: [
    "found its copy damaged when it read it again",
    "It is healed from here; drop it when `cairn status` there says nothing of it.",
  ],
  resting: ["does not sync the folder at present", "See `cairn status` there."],
  busy: ["has promised too much at once", AGAIN],
  withheld: ["ignores it, or keeps to itself what is changed there", KEEP],
  inner: [
    "has it on another disk than its folder's root, which may be the one that it lies on here",
    "Keep it here, or make that directory a folder of its own.",
  ],
};

/** A file on its way: who has promised, and what was said against it. */
interface Case {
  readonly file: Droppable;
  readonly asked: CopiesAsked;
  readonly promised: Set<number>;
  readonly refused: Map<number, readonly [cause: string, remedy: string]>;
}

export class Drops {
  readonly #deps: DropsDeps;
  readonly #dropping = new Map<FolderId, Set<RelPath>>();
  #tail: Promise<unknown> = Promise.resolve();

  constructor(deps: DropsDeps) {
    this.#deps = deps;
  }

  /** Paths that are being dropped: nobody is promised these. */
  get dropping(): ReadonlyMap<FolderId, ReadonlySet<RelPath>> {
    return this.#dropping;
  }

  /** What stands in the way of a file as far as this device knows, before anybody is asked; null where nothing does. */
  objection(sync: FolderSync, path: RelPath): NotDropped | null {
    const file = this.#free(sync, path);
    return "cause" in file ? file : this.#shortage(sync, this.#caseOf(sync, file));
  }

  /** Drops files, in batches. `told` hears of each, with what stood in its way; `isOver`: no further batch is begun. */
  async drop(
    sync: FolderSync,
    paths: readonly RelPath[],
    told: (path: RelPath, bytes: number, refused: NotDropped | null) => void,
    isOver: () => boolean,
  ): Promise<void> {
    for (let at = 0; at < paths.length && !isOver();) {
      let [end, bytes] = [at, 0];
      while (end < paths.length && end - at < PROMISED_FILES && bytes < BATCH_BYTES) {
        bytes += sync.replica.own(paths[end++]!)?.row.entry.size ?? 0;
      }
      const batch = paths.slice(at, end);
      at = end;
      const done = this.#tail.then(() => this.#batch(sync, batch, told));
      this.#tail = done.catch(() => {});
      await done;
    }
  }

  async #batch(
    sync: FolderSync,
    paths: readonly RelPath[],
    told: (path: RelPath, bytes: number, refused: NotDropped | null) => void,
  ): Promise<void> {
    const { folder } = sync.replica;
    const cases: Case[] = [];
    const sizeOf = (path: RelPath) => sync.replica.own(path)?.row.entry.size ?? 0;
    const dropping = new Set<RelPath>();
    this.#dropping.set(folder, dropping);
    const asking = new Set<number>();
    try {
      for (const path of new Set(paths)) {
        const file = this.#free(sync, path);
        const one = "cause" in file ? null : this.#caseOf(sync, file);
        const refused = one === null ? file as NotDropped : this.#shortage(sync, one);
        if (refused !== null) {
          told(path, sizeOf(path), refused);
          continue;
        }
        dropping.add(path); // no promise of it is given from here on
        cases.push(one!);
      }
      await this.#gather(sync, cases, asking);
      const ready = cases.filter((one) => this.#lacks(sync, one, one.promised) === null);
      for (const one of cases) {
        if (!ready.includes(one)) told(one.file.path, sizeOf(one.file.path), this.#words(sync, one));
      }
      const byPath = new Map(ready.map((one) => [one.file.path, one]));
      const missing = (now: Droppable) => this.#missing(sync, byPath.get(now.path)!.promised, now);
      const out = await dropPromised(sync, ready.map(({ file }) => file), missing);
      ready.forEach(({ file }, i) => told(file.path, file.own.row.entry.size, out[i]!));
    } finally {
      this.#dropping.delete(folder);
      // In the session that there is now: the one in which it was asked may have ended.
      for (const device of asking) {
        const session = this.#deps.session(device);
        if (session !== null) this.#deps.promises().tell(session);
      }
    }
  }

  #free(sync: FolderSync, path: RelPath): Droppable | NotDropped {
    const file = droppable(sync, path);
    if ("cause" in file) return file;
    const to = this.#deps.promises().promisedTo(sync.replica, path);
    if (to === null) return file;
    const number = to === "soon" ? null : sync.replica.catalogue.ids.findDevice(to);
    const who = number === null ? "another device" : this.#deps.name(number);
    const remedy =
      "Keep it here; or start that device and let it connect, and try again: if it has not dropped its copy, this one is free.";
    return { path, cause: `${who} drops its own copy and counts on this one`, remedy };
  }

  #caseOf(sync: FolderSync, file: Droppable): Case {
    const { number } = sync.replica;
    const asked = this.#deps.asked(number, file.path, file.own.row.entry.content!);
    return { file, asked, promised: new Set(), refused: new Map() };
  }

  // -------------------------------------------------------------------------------- who has it

  /** What is missing where only these devices have it; null where that is enough. */
  #lacks(sync: FolderSync, { asked }: Case, devices: ReadonlySet<number>): string | null {
    if (asked.isHere) return "a policy asks for a copy on this device";
    const away = [...asked.on].filter((device) => !devices.has(device));
    if (away.length > 0) return `a policy asks for a copy on ${this.#names(away)}`;
    const disks = new Set(
      [...devices].flatMap((device) => this.#deps.disk(device, sync.replica.number) ?? []),
    );
    if (disks.size >= asked.copies) return null;
    return asked.copies === 1
      ? "no other device has a copy that can be counted on"
      : `${asked.copies} copies on other disks are asked for, and there ${
        disks.size === 1 ? "is" : "are"
      } ${disks.size}`;
  }

  /** Why a file cannot go whoever is asked; null where it may. */
  #shortage(sync: FolderSync, one: Case): NotDropped | null {
    const { path, holders } = one.file;
    const all = new Set(holders.map(({ device }) => device));
    const lacks = this.#lacks(sync, one, all);
    if (lacks !== null) {
      return {
        path,
        cause: lacks,
        remedy: "See `cairn where PATH` and `cairn guard`; wait until others have it, or ask for less.",
      };
    }
    for (const device of all) {
      const why = this.#unable(sync, device);
      if (why !== null) one.refused.set(device, why);
    }
    const able = new Set([...all].filter((device) => !one.refused.has(device)));
    return this.#lacks(sync, one, able) === null ? null : this.#words(sync, one);
  }

  /** What is missing by now of a file that was promised: whoever is counted on has it still, and could promise it again. */
  #missing(sync: FolderSync, promised: ReadonlySet<number>, now: Droppable): NotDropped | null {
    const one = this.#caseOf(sync, now);
    for (const device of promised) {
      const isHolding = now.holders.some((row) => row.device === device);
      const why = this.#unable(sync, device) ?? (isHolding ? null : SAYS.otherwise);
      if (why === null) one.promised.add(device);
      else one.refused.set(device, why);
    }
    return this.#lacks(sync, one, one.promised) === null ? null : this.#words(sync, one);
  }

  /** Why a device cannot promise at present. */
  #unable({ replica }: FolderSync, device: number): readonly [cause: string, remedy: string] | null {
    if (!this.#gives(replica.folder, device)) return SAYS.withheld;
    const session = this.#deps.session(device);
    if (session === null) return ["is not connected", "Start it, or bring it into this network."];
    if (session.agreement.capabilities.has(PROMISES)) return null;
    return ["runs an older Cairn, which cannot promise to keep its copy", "Update Cairn there."];
  }

  /** A delete or an edit there is told to all. Else what it has says nothing of what it has tomorrow. */
  #gives(folder: FolderId, device: number): boolean {
    const mode = this.#deps.mode(device, folder);
    return mode !== null && givesOwn(mode);
  }

  #words(sync: FolderSync, one: Case): NotDropped {
    const said = [...one.refused].map(([device, [cause]]) => `${this.#deps.name(device)} ${cause}`);
    const lacks = this.#lacks(sync, one, one.promised)!;
    const [, remedy] = [...one.refused.values()][0] ?? ["", AGAIN];
    return { path: one.file.path, cause: said.length === 0 ? lacks : said.join("; "), remedy };
  }

  #names(devices: readonly number[]): string {
    return devices.map((device) => this.#deps.name(device)).join(", ");
  }

  // -------------------------------------------------------------------------------- asking

  /** Asks device after device until each file has enough promises, or nobody is left who could give one. */
  async #gather(sync: FolderSync, cases: readonly Case[], asking: Set<number>): Promise<void> {
    for (;;) {
      const turn = new Map<number, { readonly one: Case; readonly row: HeldRow }[]>();
      for (const one of cases) {
        if (this.#lacks(sync, one, one.promised) === null) continue;
        for (const row of this.#next(sync, one)) {
          const there = turn.get(row.device) ?? [];
          turn.set(row.device, [...there, { one, row }]);
        }
      }
      if (turn.size === 0) return;
      await Promise.all([...turn].map(([device, some]) => this.#ask(sync, device, some, asking)));
    }
  }

  /** Who is asked next: those whom a policy names, and as many as are still missing. */
  #next(sync: FolderSync, one: Case): HeldRow[] {
    const { file: { holders }, asked, promised, refused } = one;
    const left = holders.filter(({ device }) => !promised.has(device) && !refused.has(device));
    const named = left.filter(({ device }) => asked.on.has(device));
    if (named.length > 0) return named;
    const disk = ({ device }: HeldRow) => this.#deps.disk(device, sync.replica.number);
    const sure = new Set([...promised].map((device) => this.#deps.disk(device, sync.replica.number)));
    return left.filter((row) => disk(row) !== null && !sure.has(disk(row)))
      .slice(0, Math.max(1, asked.copies - sure.size));
  }

  async #ask(
    sync: FolderSync,
    device: number,
    some: readonly { readonly one: Case; readonly row: HeldRow }[],
    asking: Set<number>,
  ): Promise<void> {
    const answers = await this.#answersOf(sync, device, some, asking);
    some.forEach(({ one }, i) => {
      const answer = answers[i];
      if (answer === "promised") one.promised.add(device);
      else one.refused.set(device, answer === undefined ? ["did not answer", AGAIN] : SAYS[answer]);
    });
  }

  /** What a device answers for each file; nothing where it does not answer, or not as it should. */
  async #answersOf(
    sync: FolderSync,
    device: number,
    some: readonly { readonly one: Case; readonly row: HeldRow }[],
    asking: Set<number>,
  ): Promise<readonly PromiseAnswer[]> {
    const session = this.#deps.session(device);
    if (session === null || this.#unable(sync, device) !== null) return [];
    asking.add(device);
    const files = some.map(({ row: { lsn, row: { path, entry } } }) => [path, fromHex(entry.content!), lsn]);
    const bytes = some.reduce((sum, { row }) => sum + row.row.entry.size, 0);
    try {
      const header = [fromHex(sync.replica.folder), files];
      const answer = await session.request(
        MESSAGE.promise,
        header,
        undefined,
        ANSWER_MS + bytes / SLOW_BYTES_MS,
      );
      session.consumed(answer.lane, answer.size);
      if (answer.type !== MESSAGE.promised) return [];
      const codes = read("promised", answer.header);
      return codes.length === some.length ? codes.map((code) => ANSWERS[code] ?? "otherwise") : [];
    } catch (error) {
      if (!(error instanceof CairnError)) throw error;
      return []; // it went, or speaks another language: then nothing was promised
    }
  }
}
