/**
 * What this device has promised others who drop a file (R10, docs/selective.md): that it has the bytes, read again just now, and does not drop
 * them itself meanwhile.
 *
 * 1. A promise is given only of what our row says at the lsn that the other device knows: then both speak of the same.
 * 2. It is durable before it is told, and outlives restarts of both. It has no end in time: whoever it was given to may be asleep.
 * 3. It is over when that device says which it counts on still, at the beginning of each session and behind each of its steps, and this one is not
 *    among them; when it is no member any more; or when the file here is another one. Its rows say nothing of it: ours of them may be old.
 *    What it says holds once we have its rows up to there: so between its promise and its row no file looks as if nobody counted on it.
 * 4. What is being dropped here, or is about to be, is not promised; and what is promised, or is about to be, is not dropped.
 * 5. Only who gives its own changes promises: elsewhere a delete or an edit would be told to nobody, and what others list be held by none. While a
 *    promise stands in a folder, the folder is not taken out of that (`withhold`).
 */
import * as v from "valibot";
import { SELF } from "../catalogue/interning.ts";
import { type ContentId, type DeviceId, type FolderId, fromHex, isId, type RelPath } from "../core/ids.ts";
import { givesOwn } from "../core/mode.ts";
import { relPath } from "../core/path.ts";
import type { Ledger } from "../journal/ledger.ts";
import type { Message, Session } from "../peer/session.ts";
import { MESSAGE, PROMISED_FILES, PROMISES, read } from "./messages.ts";
import { readAgain } from "./read_again.ts";
import type { Replica } from "./replica.ts";

/** What becomes of a file that somebody wants to drop, by the number that tells it. */
export const ANSWERS = [
  "promised",
  "otherwise",
  "dropping",
  "damaged",
  "resting",
  "busy",
  "withheld",
  "inner",
] as const;
export type PromiseAnswer = typeof ANSWERS[number];

/** Key of the local values: with the folder and the device that was promised, `[[path, content], …]`. */
const PROMISED = "promised/";

export interface PromisesDeps {
  readonly ledger: Ledger;
  /** The running replica of a folder; null where there is none, or it is paused. */
  replica(folder: FolderId): Replica | null;
  isMember(device: DeviceId): boolean;
  /** Paths that this device drops at present. */
  dropping(): ReadonlyMap<FolderId, ReadonlySet<RelPath>>;
  /** The file is not what our row says. */
  suspect(replica: Replica, path: RelPath): void;
}

interface Asked {
  readonly path: RelPath;
  readonly content: ContentId;
  readonly lsn: number;
}

interface Told {
  /** It holds when we have that device's rows up to there. */
  readonly upTo: number;
  readonly stand: Map<FolderId, Set<RelPath>>;
}

export class Promises {
  readonly #deps: PromisesDeps;
  /** By key: what the journal says, and what it is just being told. */
  readonly #given: Map<string, Map<RelPath, ContentId>>;
  /** Being read again, to be promised. */
  readonly #giving = new Map<FolderId, Set<RelPath>>();
  readonly #answering = new Set<DeviceId>();
  readonly #withheld = new Map<FolderId, number>();
  /** By device, what it said last of the promises it counts on. It says so in each session anew. */
  readonly #told = new Map<DeviceId, Told>();

  constructor(deps: PromisesDeps) {
    this.#deps = deps;
    const all = deps.ledger.catalogue.values.localWithPrefix(PROMISED);
    this.#given = new Map(all.map(({ key, value }) => [key, promisesFrom(value)]));
  }

  /** A session began: the peer hears which of its promises we count on. */
  came(session: Session): void {
    if (session.agreement.capabilities.has(PROMISES)) this.tell(session);
  }

  /** Tells a peer which of its promises we count on: all others are over. */
  tell(session: Session): void {
    const standing = [...this.#deps.dropping()].map(([folder, paths]) => [fromHex(folder), [...paths]]);
    const upTo = this.#deps.ledger.catalogue.rows.lastLsn(SELF);
    if (session.ending === null) session.send("control", MESSAGE.standing, [upTo, standing]);
  }

  /** Somebody else counts on what stands here at a path; null: nobody. */
  promisedTo(replica: Replica, path: RelPath): DeviceId | "soon" | null {
    const { folder } = replica;
    if (this.#giving.get(folder)?.has(path)) return "soon";
    for (const [key, promises] of this.#given) {
      const content = key.startsWith(`${PROMISED}${folder}/`) ? promises.get(path) : undefined;
      if (content === undefined) continue;
      const device = key.slice(PROMISED.length + folder.length + 1) as DeviceId;
      const isIt = replica.own(path)?.row.entry.content === content;
      if (isIt && !this.#isGivenUp(folder, path, device)) return device;
    }
    return null;
  }

  /** Who counts on something of a folder here, or is about to. */
  countingOn(folder: FolderId): readonly (DeviceId | "soon")[] {
    const prefix = `${PROMISED}${folder}/`;
    const replica = this.#deps.replica(folder);
    // Of a file that is another one since nobody has anything (rule 3).
    const isIt = (path: RelPath, content: ContentId) =>
      replica === null || replica.own(path)?.row.entry.content === content;
    const devices = [...this.#given].flatMap(([key, promises]) => {
      const device = key.slice(prefix.length) as DeviceId;
      const isOne = key.startsWith(prefix) &&
        promises.entries().some(([path, content]) =>
          isIt(path, content) && !this.#isGivenUp(folder, path, device)
        );
      return isOne ? [device] : [];
    });
    return (this.#giving.get(folder)?.size ?? 0) > 0 ? [...devices, "soon"] : devices;
  }

  /** Nothing of a folder is promised until what this answers is called. */
  withhold(folder: FolderId): () => void {
    this.#withheld.set(folder, (this.#withheld.get(folder) ?? 0) + 1);
    return () => {
      const left = this.#withheld.get(folder)! - 1;
      if (left === 0) this.#withheld.delete(folder);
      else this.#withheld.set(folder, left);
    };
  }

  /** Whoever was promised does not count on it any more: it said so, or has gone. */
  #isGivenUp(folder: FolderId, path: RelPath, device: DeviceId): boolean {
    if (!this.#deps.isMember(device)) return true;
    const told = this.#told.get(device);
    if (told === undefined || told.stand.get(folder)?.has(path)) return false;
    const { cursors, ids } = this.#deps.ledger.catalogue;
    const number = ids.findDevice(device);
    return number !== null && cursors.of(number).lsn >= told.upTo;
  }

  // -------------------------------------------------------------------------------- what others ask

  /** Hears what a peer asks or says; false for what is neither. Rejects what is malformed with CairnError "message-invalid". */
  async handle(session: Session, message: Message): Promise<boolean> {
    if (message.type === MESSAGE.promise && message.requestId !== 0) await this.#asked(session, message);
    else if (message.type === MESSAGE.standing) await this.#standing(session, message.header);
    else return false;
    return true;
  }

  async #asked(session: Session, { header, requestId }: Message): Promise<void> {
    const [folder, files] = read("promise", header) as [FolderId, [RelPath, ContentId, number][]];
    const asked = files.map(([path, content, lsn]) => ({ path, content, lsn }));
    const answers = await this.#promise(session.peer, folder, asked);
    if (session.ending !== null) return;
    session.answer(requestId, "control", MESSAGE.promised, answers.map((one) => ANSWERS.indexOf(one)));
  }

  async #promise(peer: DeviceId, folder: FolderId, asked: readonly Asked[]): Promise<PromiseAnswer[]> {
    const replica = this.#deps.replica(folder);
    if (this.#answering.has(peer)) return asked.map(() => "busy");
    if (replica === null || replica.stopped !== null || replica.isClosed) return asked.map(() => "resting");
    const giving = this.#giving.get(folder) ?? new Set();
    this.#giving.set(folder, giving);
    this.#answering.add(peer);
    const mine: RelPath[] = [];
    try {
      const answers: PromiseAnswer[] = [];
      for (const one of asked) {
        // Another device may be asking for the same: what is read for one of them is not read for the other.
        const answer = giving.has(one.path) ? "busy" : this.#objection(replica, one);
        if (answer === null) {
          giving.add(one.path);
          mine.push(one.path);
        }
        answers.push(answer ?? await this.#read(replica, one));
      }
      const promised = asked.filter((_, i) => answers[i] === "promised");
      const isNoted = promised.length === 0 || await this.#note(peer, folder, promised);
      return isNoted ? answers : asked.map(() => "busy");
    } finally {
      for (const path of mine) giving.delete(path);
      this.#answering.delete(peer);
    }
  }

  /** Why a file cannot be promised, as far as the rows tell; null where nothing speaks against it. */
  #objection(replica: Replica, { path, content, lsn }: Asked): PromiseAnswer | null {
    if (this.#deps.dropping().get(replica.folder)?.has(path)) return "dropping";
    const isGiven = givesOwn(replica.mode) && !replica.ignore.ignores(path, false);
    if (!isGiven || this.#withheld.has(replica.folder)) return "withheld";
    // It may be the very disk of who asks, mounted by way of the network: the marker tells that of the root only (R35).
    if (replica.catalogue.mounts.holding(replica.number, path) !== null) return "inner";
    const own = replica.own(path);
    const isIt = own !== null && own.lsn === lsn && own.row.offered && own.row.held &&
      own.row.entry.kind === "file" && own.row.entry.content === content;
    return isIt ? null : "otherwise";
  }

  /** Reads the file from the disk. */
  async #read(replica: Replica, asked: Asked): Promise<PromiseAnswer> {
    const own = replica.own(asked.path)!;
    const { kind } = await readAgain(replica, own, () => Promise.resolve(replica.stopped === null));
    if (kind === "bad") {
      this.#deps.suspect(replica, asked.path);
      return "damaged";
    }
    if (kind === "good") return this.#objection(replica, asked) ?? "promised";
    if (kind === "changed") this.#deps.suspect(replica, asked.path);
    return "otherwise";
  }

  /** Makes promises durable. False where a device has more of them than it can count on. */
  async #note(peer: DeviceId, folder: FolderId, files: readonly Asked[]): Promise<boolean> {
    const key = `${PROMISED}${folder}/${peer}`;
    const before = [...this.#given.get(key) ?? []].filter(([path]) => !this.#isGivenUp(folder, path, peer));
    const now = new Map([...before, ...files.map(({ path, content }) => [path, content] as const)]);
    if (now.size > 2 * PROMISED_FILES) return false;
    this.#given.set(key, now);
    // What the peer said before it asked says nothing of these.
    const stand = this.#told.get(peer)?.stand;
    stand?.set(folder, new Set([...stand.get(folder) ?? [], ...files.map(({ path }) => path)]));
    await this.#write(key);
    return true;
  }

  /** A peer says on what it counts. All is looked through at once: what it is promised while that becomes durable it has said nothing of. */
  async #standing({ peer, ending }: Session, header: unknown): Promise<void> {
    const [upTo, folders] = read("standing", header);
    if (ending !== null) return; // the next session says it anew, and may have begun
    this.#told.set(peer, {
      upTo,
      stand: new Map(folders.map(([folder, paths]) => [folder as FolderId, new Set(paths)])),
    });
    const changed: string[] = [];
    for (const [key, promises] of [...this.#given]) {
      const [folder, device] = key.slice(PROMISED.length).split("/") as [FolderId, DeviceId];
      if (device !== peer) continue;
      const left = [...promises].filter(([path]) => !this.#isGivenUp(folder, path, peer));
      if (left.length === promises.size) continue;
      if (left.length === 0) this.#given.delete(key);
      else this.#given.set(key, new Map(left));
      changed.push(key);
    }
    await Promise.all(changed.map((key) => this.#write(key)));
  }

  async #write(key: string): Promise<void> {
    const promises = this.#given.get(key);
    const value = promises === undefined ? null : [...promises];
    await this.#deps.ledger.commit({ type: "local", key, value });
  }
}

const schema = v.array(v.tuple([v.string(), v.string()]));

/** What is not understood stands for nothing: it was written by this device. */
function promisesFrom(value: unknown): Map<RelPath, ContentId> {
  const told = v.safeParse(schema, value);
  if (!told.success) return new Map();
  return new Map(told.output.flatMap(([text, content]) => {
    const path = relPath(text);
    return path === null || !isId("content", content) ? [] : [[path, content] as const];
  }));
}
