/**
 * Healing of a folder's damaged files: which is tried when, and what comes of it. That of each path goes on once at a time: who comes while it
 * is healed takes what becomes of it.
 */
import { SELF } from "../catalogue/interning.ts";
import type { ContentId, RelPath } from "../core/ids.ts";
import type { Damage, Damages } from "./damages.ts";
import { heal } from "./heal.ts";
import type { Local } from "./local_source.ts";
import type { Replica } from "./replica.ts";
import type { Stager } from "./stager.ts";

/** What could not be healed is tried again this often. */
const TRY_MS = 3_600_000;
/** Files of a content that somebody wrote to: as many are looked at. */
const SUSPECTS = 256;

/** What became of a damage; null where the file reads well. */
type Outcome = Promise<Damage | null>;

export interface HealingEvents {
  /** Somebody wrote to these, or they are gone. */
  lookAgain(paths: readonly RelPath[]): void;
  /** This one may be damaged. */
  suspect(path: RelPath): void;
  changed(): void;
}

export class Healing {
  readonly #replica: Replica;
  readonly #local: Local;
  readonly #stager: Stager;
  readonly #damages: Damages;
  readonly #events: HealingEvents;
  readonly #underWay = new Map<RelPath, { readonly content: ContentId; readonly outcome: Outcome }>();
  /** When the healing of a path was last tried; `waits`: for a device to come. */
  readonly #tried = new Map<RelPath, { readonly atMs: number; readonly waits: boolean }>();

  constructor(replica: Replica, local: Local, stager: Stager, damages: Damages, events: HealingEvents) {
    this.#replica = replica;
    this.#local = local;
    this.#stager = stager;
    this.#damages = damages;
    this.#events = events;
  }

  /**
   * A device that has a copy is here, or it is long since that it was tried: what is near is read for that each time. What our row does not tell of
   * any more is over, and nobody is to be told of it for longer.
   */
  mayTry({ path, content }: Damage): boolean {
    if (this.#replica.own(path)?.row.entry.content !== content) return true;
    const tried = this.#tried.get(path);
    if (tried === undefined || this.#replica.deps.clock.monotonic() - tried.atMs > TRY_MS) return true;
    const { holders } = this.#replica.catalogue.views;
    return tried.waits &&
      this.#stager.isAnyThere(holders.devicesOf(content).filter((device) => device !== SELF));
  }

  async heal(damage: Damage): Outcome {
    const { path, content } = damage;
    for (let other = this.#underWay.get(path); other !== undefined; other = this.#underWay.get(path)) {
      const outcome = await other.outcome;
      // Of another content it tells nothing of this one.
      if (other.content === content) return outcome;
    }
    const outcome = this.#healAlone(damage).finally(() => this.#underWay.delete(path));
    this.#underWay.set(path, { content, outcome });
    return await outcome;
  }

  async #healAlone(damage: Damage): Outcome {
    const { clock } = this.#replica.deps;
    const atMs = clock.monotonic();
    const healed = await heal(this.#replica, this.#local, this.#stager, damage);
    let now = damage;
    if (healed.kind === "healed") {
      now = { ...damage, healed: { atMs: clock.now(), from: healed.from }, cause: "", remedy: "" };
    } else if (healed.kind === "not") now = { ...damage, cause: healed.cause, remedy: healed.remedy };
    else if (healed.kind === "good") {
      if (this.#damages.isAtRisk(damage.path)) await this.#damages.drop(damage.path);
    } else {
      // Somebody wrote to it, or it is gone: what stands there now is found like any edit.
      await this.#damages.drop(damage.path);
      this.#events.lookAgain([damage.path]);
      this.#suspectAll(damage);
    }
    if (healed.kind === "not") this.#tried.set(damage.path, { atMs, waits: healed.waits === true });
    else this.#tried.delete(damage.path);
    if (now !== damage && (now.healed !== damage.healed || now.cause !== damage.cause)) {
      await this.#damages.put(now);
    }
    this.#events.changed();
    return healed.kind === "good" ? null : now;
  }

  /** Its file may have another name by now: whatever has its content is looked at. */
  #suspectAll({ path, content }: Damage): void {
    const { catalogue, number } = this.#replica;
    for (const { folder, row } of catalogue.rows.ownWithContent(content, SUSPECTS)) {
      if (folder === number && row.row.path !== path) this.#events.suspect(row.row.path);
    }
  }
}
