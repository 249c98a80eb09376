/**
 * What is at risk in the library, and what would mend it: every standing (catalogue/standings.ts) held against the policies, the devices and
 * the disks as they are now. Reads a handful of rows for a million files; what a tag asks reads what has the tag.
 */
import type { Spot, Standing } from "../catalogue/standings.ts";
import { UNCOUNTED } from "../catalogue/standings.ts";
import type { CountedContent } from "../catalogue/copies.ts";
import { labelledBy } from "../core/label.ts";
import { CATCH_UP_STEPS, QUESTION_ROWS } from "../core/limits.ts";
import { diskOf, unknownDisk, verifiedMs } from "./disks.ts";
import { foldersOf } from "./folders.ts";
import { letInMs } from "./members.ts";
import { type Asked, NOTHING_ASKED, policiesOf, type Policy } from "./policies.ts";
import type { Work } from "./questions.ts";
import { type Asking, chosenOf, devicesOf, type KnownDevice } from "./resolve.ts";
import { type Copy, type Reason, REASONS, reasonsOf, SEVERITY } from "./risks.ts";

/** Files of one folder, or with one tag, that one reason is true of, and that stand on the same devices. */
export interface Risk {
  readonly reason: Reason;
  readonly severity: 1 | 2 | 3;
  readonly folder: number | null;
  readonly tag: string | null;
  /** Numbers of the devices that have it, of "damaged" that had it, and how many disks it is on. */
  readonly devices: readonly number[];
  readonly disks: number;
  readonly asked: Asked;
  readonly files: number;
  readonly bytes: number;
  /** Some standings, and contents with a tag, to find examples by. */
  readonly standings: readonly number[];
  readonly contents: readonly string[];
}

export interface Guarded {
  /** Worst first. */
  readonly risks: readonly Risk[];
  /** Of each reason that there is, how many files of folders in all; what tags ask counts apart. */
  readonly totals: readonly { readonly reason: Reason; readonly files: number; readonly bytes: number }[];
  /** All living files that are held and not empty, each path once, and those of which nothing is at risk. */
  readonly files: number;
  readonly safe: number;
  /** Rows that are not counted yet. */
  readonly behind: number;
}

/** More ways to stand than these are only gone through when somebody asks for it: below, it takes some milliseconds. */
const STANDINGS_AT_ONCE = 1_000;

/** Counts what is still to be counted, up to a bound. */
export function* catchUp({ catalogue: { copies } }: Pick<Asking, "catalogue">): Work<void> {
  for (let steps = 0; steps < CATCH_UP_STEPS && copies.countSome(); steps++) yield;
}

export function* guard(asking: Asking, nowMs: number): Work<Guarded> {
  yield* catchUp(asking);
  const scene = new Scene(asking, nowMs);
  const found = new Findings();
  let [files, safe] = [0, 0];
  for (const [i, standing] of asking.catalogue.copies.standings.all().entries()) {
    if (i % QUESTION_ROWS === QUESTION_ROWS - 1) yield;
    for (const [folder, paths] of scene.pathsOf(standing.spots)) {
      const asked = scene.askedOf(folder);
      const reasons = scene.reasonsOf(standing, asked);
      const [count, bytes] = [standing.contents * paths, standing.bytes * paths];
      files += count;
      if (reasons.length === 0) safe += count;
      for (const reason of reasons) {
        found.add(scene, { reason, folder, tag: null, asked, standing }, count, bytes);
      }
    }
  }
  for (const policy of scene.policies) {
    if (policy.scope.kind === "tag") yield* guardTag(scene, policy, policy.scope.tag, found);
  }
  return { ...found.sorted(), files, safe, behind: asking.catalogue.copies.behind() };
}

/** The guardian in a line, as far as all is counted; what tags ask is left out. Null where that would take too long. */
export interface Safety {
  readonly files: number;
  readonly safe: number;
  /** The worst of what is wrong; null where nothing is. */
  readonly worst: Reason | null;
}

export function safetyOf(asking: Asking, nowMs: number): Safety | null {
  const { standings } = asking.catalogue.copies;
  if (standings.count() > STANDINGS_AT_ONCE) return null;
  const scene = new Scene(asking, nowMs);
  const found = new Set<Reason>();
  let [files, safe] = [0, 0];
  for (const standing of standings.all()) {
    for (const [folder, paths] of scene.pathsOf(standing.spots)) {
      const reasons = scene.reasonsOf(standing, scene.askedOf(folder));
      files += standing.contents * paths;
      if (reasons.length === 0) safe += standing.contents * paths;
      for (const reason of reasons) found.add(reason);
    }
  }
  return { files, safe, worst: REASONS.find((reason) => found.has(reason)) ?? null };
}

/** Things with a tag that stand in one way. */
interface Tagged {
  contents: string[];
  count: number;
  bytes: number;
}

/** What has a tag, or one below it, is asked for by itself: every copy of a content, or of what stands at a place. */
function* guardTag(scene: Scene, policy: Policy, tag: string, found: Findings): Work<void> {
  const { copies, labels } = scene.asking.catalogue;
  const byStanding = new Map<number, Tagged>();
  const seen = new Set<string>();
  const note = ({ content, standing, size }: CountedContent) => {
    if (standing === UNCOUNTED || seen.has(content)) return;
    seen.add(content);
    const there = byStanding.get(standing) ?? { contents: [], count: 0, bytes: 0 };
    if (there.contents.length < EXAMPLES_FROM) there.contents.push(content);
    byStanding.set(standing, { ...there, count: there.count + 1, bytes: there.bytes + size });
  };
  for (const one of labels.tagsWithin(tag)) {
    for (let after = "";;) {
      const keys = labels.keysOf(one, after, QUESTION_ROWS);
      const contents = keys.flatMap((key) => scene.contentOf(key) ?? []);
      for (const counted of copies.countedAs(contents)) note(counted);
      yield;
      if (keys.length < QUESTION_ROWS) break;
      after = keys.at(-1)!;
    }
  }
  for (const [id, { contents, count, bytes }] of byStanding) {
    const standing = copies.standings.byId(id);
    if (standing === null) continue;
    const paths = [...scene.pathsOf(standing.spots).values()].reduce((sum, one) => sum + one, 0);
    for (const reason of paths === 0 ? [] : scene.reasonsOf(standing, policy)) {
      found.add(
        scene,
        { reason, folder: null, tag, asked: policy, standing },
        count * paths,
        bytes * paths,
        contents,
      );
    }
  }
}

/** What a question is asked over: what does not change while it is answered is looked up once. */
export class Scene {
  readonly asking: Asking;
  readonly policies: readonly Policy[];
  readonly devices: ReadonlyMap<number, KnownDevice>;
  readonly #nowMs: number;
  readonly #folders: ReadonlySet<number>;
  readonly #asked = new Map<number, Asked>();
  readonly #replicas = new Map<string, Copy>();
  readonly #numbers = new Map<Asked, readonly number[]>();

  constructor(asking: Asking, nowMs: number) {
    const { catalogue } = asking;
    this.asking = asking;
    this.#nowMs = nowMs;
    this.policies = policiesOf(catalogue);
    this.devices = new Map(
      devicesOf(asking).filter(({ number }) => !catalogue.rows.ignored.has(number)).map((
        one,
      ) => [one.number, one]),
    );
    this.#folders = new Set(foldersOf(catalogue).map(({ id }) => catalogue.ids.findFolder(id) ?? 0));
  }

  /** Of each folder at how many paths a content stands that somebody counts for. */
  pathsOf(spots: readonly Spot[]): Map<number, number> {
    const out = new Map<number, number>();
    for (const { folder, devices, paths, damaged } of spots) {
      const all = damaged === undefined ? devices : [...devices, ...damaged];
      if (!this.#folders.has(folder) || !all.some((device) => this.devices.has(device))) continue;
      out.set(folder, (out.get(folder) ?? 0) + paths);
    }
    return out;
  }

  /** Replicas that hold a content and count, wherever they are. */
  copiesOf(spots: readonly Spot[]): Copy[] {
    const out = new Map<string, Copy>();
    for (const { folder, devices } of spots) {
      for (const device of devices) {
        if (this.devices.has(device)) out.set(`${device}/${folder}`, this.#replica(device, folder));
      }
    }
    // A replica of which nobody knows the disk may be on that of another one of its device.
    const all = [...out.values()];
    const isSure = (copy: Copy) => copy.disk.id !== unknownDisk(copy.device).id;
    return all.filter((copy) =>
      isSure(copy) || !all.some((other) => other.device === copy.device && isSure(other))
    );
  }

  /** Devices that count and say that their disks have damaged what they have of a content, in order. */
  damagedOn(spots: readonly Spot[]): number[] {
    const devices = new Set(spots.flatMap(({ damaged }) => damaged ?? []));
    return [...devices].filter((device) => this.devices.has(device)).sort((a, b) => a - b);
  }

  #replica(device: number, folder: number): Copy {
    const key = `${device}/${folder}`;
    let copy = this.#replicas.get(key);
    if (copy === undefined) {
      const { catalogue } = this.asking;
      copy = {
        device,
        disk: diskOf(catalogue, device, folder) ?? unknownDisk(device),
        verifiedMs: verifiedMs(catalogue, device, folder),
      };
      this.#replicas.set(key, copy);
    }
    return copy;
  }

  /** What is asked of a folder's files: of each thing what the folder's own policy says, else the one for all. */
  askedOf(folder: number): Asked {
    let asked = this.#asked.get(folder);
    if (asked === undefined) {
      const id = this.asking.catalogue.ids.folderOf(folder);
      const all = this.policies.find(({ scope }) => scope.kind === "all") ?? NOTHING_ASKED;
      const own = this.policies.find(({ scope }) => scope.kind === "folder" && scope.folder === id) ??
        NOTHING_ASKED;
      asked = {
        copies: own.copies ?? all.copies,
        on: own.on ?? all.on,
        verifiedDays: own.verifiedDays ?? all.verifiedDays,
      };
      this.#asked.set(folder, asked);
    }
    return asked;
  }

  reasonsOf({ spots }: Pick<Standing, "spots">, asked: Asked): Reason[] {
    const copies = this.copiesOf(spots);
    if (copies.length === 0) return this.damagedOn(spots).length === 0 ? [] : ["damaged"];
    const presence = (device: number) => this.#presenceOf(this.devices.get(device)!);
    return reasonsOf(copies, { ...asked, onNumbers: this.numbersOf(asked) }, presence, this.#nowMs);
  }

  /** A device that this one never met was seen by who let it in. */
  #presenceOf(device: KnownDevice): KnownDevice {
    const { id, isSelf, lastSeenMs } = device;
    if (isSelf || lastSeenMs > 0) return device;
    return { ...device, lastSeenMs: letInMs(this.asking.catalogue, id) };
  }

  /** Devices that are asked for and members still; who has gone cannot have anything. */
  numbersOf(asked: Asked): readonly number[] {
    let numbers = this.#numbers.get(asked);
    if (numbers === undefined) {
      const named = new Set(asked.on ?? []);
      numbers = [...this.devices.values()].filter(({ id }) => named.has(id)).map(({ number }) => number);
      this.#numbers.set(asked, numbers);
    }
    return numbers;
  }

  /** The content that a label is said of: of a place, what stands there. */
  contentOf(key: string): string | null {
    const labelled = labelledBy(key);
    if (labelled === null || labelled.kind === "content") return labelled?.content ?? null;
    const { ids, rows } = this.asking.catalogue;
    const folder = ids.findFolder(labelled.folder);
    return folder === null ? null : chosenOf(rows.at(folder, labelled.path))?.content ?? null;
  }
}

interface Finding {
  readonly reason: Reason;
  readonly folder: number | null;
  readonly tag: string | null;
  readonly asked: Asked;
  readonly standing: Standing;
}

type Gathered = { -readonly [K in keyof Risk]: Risk[K] } & { standings: number[]; contents: string[] };

/** Standings, and contents, that have examples enough for a risk. */
const EXAMPLES_FROM = 8;

class Findings {
  readonly #risks = new Map<string, Gathered>();
  readonly #totals = new Map<Reason, { reason: Reason; files: number; bytes: number }>();

  /** `contents`: some of those that it is about, where it is not about all that stand so. */
  add(scene: Scene, finding: Finding, files: number, bytes: number, contents: readonly string[] = []): void {
    const { reason, folder, tag, standing } = finding;
    const copies = scene.copiesOf(standing.spots);
    const devices = reason === "damaged"
      ? scene.damagedOn(standing.spots)
      : [...new Set(copies.map(({ device }) => device))].sort((a, b) => a - b);
    // Where a device has two disks, the same devices may be different numbers of disks.
    const disks = new Set(copies.map(({ disk }) => disk.id)).size;
    const key = `${reason} ${folder ?? ""} ${tag ?? ""} ${devices.join()} ${disks}`;
    let risk = this.#risks.get(key);
    if (risk === undefined) {
      const severity = SEVERITY[reason];
      risk = {
        reason,
        severity,
        folder,
        tag,
        devices,
        disks,
        asked: finding.asked,
        files: 0,
        bytes: 0,
        standings: [],
        contents: [],
      };
      this.#risks.set(key, risk);
    }
    risk.files += files;
    risk.bytes += bytes;
    risk.contents.push(...contents.slice(0, EXAMPLES_FROM - risk.contents.length));
    if (contents.length === 0 && risk.standings.length < EXAMPLES_FROM) risk.standings.push(standing.id);
    // What tags ask counts apart: their files are some folder's too.
    if (tag !== null) return;
    const total = this.#totals.get(reason) ?? { reason, files: 0, bytes: 0 };
    total.files += files;
    total.bytes += bytes;
    this.#totals.set(reason, total);
  }

  sorted(): Pick<Guarded, "risks" | "totals"> {
    const order = (reason: Reason) => REASONS.indexOf(reason);
    return {
      risks: [...this.#risks.values()].sort((a, b) =>
        order(a.reason) - order(b.reason) || b.bytes - a.bytes || b.files - a.files
      ),
      totals: [...this.#totals.values()].sort((a, b) => order(a.reason) - order(b.reason)),
    };
  }
}
