/** The healing of each path goes on once at a time: who comes while it is healed takes what becomes of it. */
import type { ContentId, RelPath } from "../core/ids.ts";
import type { Damage } from "./damages.ts";

/** What became of a damage; null where the file reads well. */
type Outcome = Promise<Damage | null>;

export class Healing {
  readonly #underWay = new Map<RelPath, { readonly content: ContentId; readonly outcome: Outcome }>();

  async alone(damage: Damage, heal: () => Outcome): Outcome {
    const { path, content } = damage;
    for (let other = this.#underWay.get(path); other !== undefined; other = this.#underWay.get(path)) {
      const outcome = await other.outcome;
      // Of another content it tells nothing of this one.
      if (other.content === content) return outcome;
    }
    const outcome = heal().finally(() => this.#underWay.delete(path));
    this.#underWay.set(path, { content, outcome });
    return await outcome;
  }
}
