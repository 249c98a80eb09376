/**
 * What users did, and what each act was based on: which contents must still be somewhere at the end, and which edits of a path
 * were really made without knowledge of each other.
 */
import type { ContentId } from "../../../src/core/ids.ts";
import type { ContentKey } from "./contents.ts";

/** One act of a user at a path: a content written or moved there, a directory made there, or what was there deleted. */
export interface Act {
  readonly number: number;
  readonly device: number;
  readonly path: string;
  /** Null: deleted; "directory": made. */
  readonly content: ContentKey | "directory" | null;
  /** Acts that the user's device knew at that path, directly or through others. */
  readonly known: ReadonlySet<number>;
  /** It was written into an open file that had been taken away: what its program knew is not known. */
  readonly isVague: boolean;
  /** A user replaced or deleted it knowingly: it may go. */
  isSuperseded: boolean;
  /** Devices whose users did that to this very act, not to another with equal bytes. */
  readonly supersededOn: Set<number>;
  /** A power cut took it back before anything had made it durable. */
  isLost: boolean;
}

const EMPTY: ContentKey = "f:";
const TAG = /^(.*)\.conflict-\d{8}-[0-9a-f]{8}(\.[^./]*)?$/;

export class History {
  readonly acts: Act[] = [];
  readonly #byContent = new Map<ContentKey, Act[]>();
  /** Contents that stood at a path in between, or that a power cut left: nobody's wish, but known. */
  readonly #passing = new Set<ContentKey>();
  readonly #identified = new Set<ContentKey>();
  readonly #keys = new Map<ContentId, ContentKey>();

  /** Notes an act; `before` are the acts whose content it replaces, deletes or moves. */
  act(
    device: number,
    path: string,
    content: Act["content"],
    before: Iterable<Act>,
    isVague = false,
  ): Act {
    const known = new Set<number>();
    for (const act of before) {
      known.add(act.number);
      for (const number of act.known) known.add(number);
    }
    const act: Act = {
      number: this.acts.length,
      device,
      path,
      content,
      known,
      isVague,
      isSuperseded: false,
      supersededOn: new Set(),
      isLost: false,
    };
    this.acts.push(act);
    if (content !== null && content !== "directory") {
      const list = this.#byContent.get(content);
      if (list === undefined) this.#byContent.set(content, [act]);
      else list.push(act);
    }
    return act;
  }

  /**
   * Contents that are equal are one to Cairn: who replaces one of them replaces all that there are. Who deletes one `at` a path says
   * nothing of another path, where the same may stand.
   */
  supersede(acts: Iterable<Act>, device: number, at: string | null = null): void {
    for (const act of acts) {
      if (at === null || act.path === at) act.supersededOn.add(device);
      act.isSuperseded = true;
      for (const same of this.#byContent.get(act.content ?? "") ?? []) same.isSuperseded = true;
    }
  }

  /** Notes what Cairn calls a content. */
  identify(content: ContentKey, id: () => ContentId): void {
    if (this.#identified.has(content)) return;
    this.#identified.add(content);
    this.#keys.set(id(), content);
  }

  keyOfContent(id: ContentId): ContentKey | null {
    return this.#keys.get(id) ?? null;
  }

  pass(content: ContentKey): void {
    this.#passing.add(content);
  }

  isKnown(content: ContentKey): boolean {
    return this.#byContent.has(content) || this.#passing.has(content);
  }

  /**
   * The acts that a content at a path stands for: those at that path, of a conflict copy those at the path that it is a copy of, else all of
   * that content. Who goes on with a copy says nothing of another path, where somebody put the same.
   */
  standingFor(path: string, content: ContentKey): Act[] {
    const all = this.#byContent.get(content) ?? [];
    for (const one of [path, ...basesOf(path)]) {
      const here = all.filter((act) => act.path === one);
      if (here.length > 0) return here;
    }
    return [...all];
  }

  /** What must be found at the end. */
  required(): Act[] {
    return this.acts.filter(({ content, isSuperseded, isLost }) =>
      content !== null && content !== "directory" && !isSuperseded && !isLost
    );
  }

  /**
   * Why a content should not stand at `path` at the end; null when it may. Who has deleted or replaced it knowingly does not get it back,
   * unless a device forgot what it knew (`isSure` answers for each).
   */
  whyNotThere(path: string, content: ContentKey, isSure: IsSure): string | null {
    const acts = (this.#byContent.get(content) ?? []).filter((act) => act.path === path);
    // Empty files are made everywhere in between, and stand for one another.
    if (acts.length === 0 || content === EMPTY || isAmbiguous(acts)) return null;
    const isGone = acts.every((act) =>
      act.supersededOn.size > 0 && !act.isVague && !act.isLost && isSure(act.device, path) &&
      [...act.supersededOn].every((device) => isSure(device, path))
    );
    return isGone ? `${path} has come back with what a user had replaced or deleted there` : null;
  }

  /** Others wrote the same, each by himself: who built on one of them did not know of the rest. */
  #isOneOfSeveral({ content, path }: Act): boolean {
    return isAmbiguous((this.#byContent.get(content!) ?? []).filter((act) => act.path === path));
  }

  /** Why a conflict copy at `path` with this content should not be there; null when users really made it so. */
  whyNoConflict(path: string, content: ContentKey, isSure: IsSure): string | null {
    const bases = basesOf(path);
    if (bases.length === 0) return null;
    // Somebody wrote that very name, or wrote into the copy.
    if (this.acts.some((act) => act.path === path)) return null;
    const losers = this.#byContent.get(content) ?? [];
    if (losers.length === 0) return null; // left by a power cut, or half written
    const others = this.acts.filter((act) =>
      act.content !== null && act.content !== content && bases.some((base) => overlap(act.path, base))
    );
    // A daemon that was cut off between placing and recording does not know what its user saw.
    const isVague = (act: Act) => act.isVague || !isSure(act.device, act.path);
    const isReal = losers.some((loser) =>
      isAmbiguous(losers) || isVague(loser) ||
      others.some((other) =>
        isVague(other) || this.#isOneOfSeveral(other) ||
        !(other.known.has(loser.number) || loser.known.has(other.number))
      )
    );
    return isReal ? null : `a conflict copy ${path}, and nobody edited ${bases[0]} at the same time`;
  }
}

/** Whether a device knew what its user saw at a path: it was never cut off in between. */
export type IsSure = (device: number, path: string) => boolean;

/** Equal bytes, written on several devices: which of them somebody had is not known. */
function isAmbiguous(acts: readonly Act[]): boolean {
  return new Set(acts.map(({ device }) => device)).size > 1;
}

/** The paths of which a path is a conflict copy, nearest first; none when it is no copy. */
export function basesOf(path: string): string[] {
  const match = TAG.exec(path);
  if (match === null) return [];
  const base = `${match[1]}${match[2] ?? ""}`;
  return [base, ...basesOf(base)];
}

/** The same path, or one below the other. */
export function overlap(a: string, b: string): boolean {
  return a === b || a.startsWith(`${b}/`) || b.startsWith(`${a}/`);
}
