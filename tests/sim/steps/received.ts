/**
 * Changes that `b` takes from `a`, and what a death of `b` at any step of it must come to: `a` edits the path twice meanwhile, and
 * that last edit is what all have, with no conflict copy, nothing minted by `b`, and nothing lost.
 */
import assert from "node:assert/strict";
import { keptBy, LAST_LOOKS_MS, move, ownRow, remove, type Stage, textAt, treeOf, write } from "./stage.ts";

export interface Change {
  readonly name: string;
  /** What stands at the paths before: both devices have it. */
  before(stage: Stage, at: string): void;
  /** What `a` announces. */
  change(stage: Stage, at: string): void;
  /** The path that is then edited twice. */
  edited(at: string): string;
  /** What `b` had and must keep a version of. */
  kept(at: string): string[];
}

const big = (text: string) => `${text}:`.repeat(11_000);

const USUAL_SLOWNESS = 0.3;

export const CHANGES: readonly Change[] = [
  {
    name: "a new file",
    before: () => {},
    change: ({ a }, at) => write(a, at, `first of ${at}`),
    edited: (at) => at,
    kept: () => [],
  },
  {
    name: "a replacement",
    before: ({ a }, at) => write(a, at, `first of ${at}`),
    change: ({ a }, at) => write(a, at, `second of ${at}`),
    edited: (at) => at,
    kept: (at) => [`first of ${at}`],
  },
  {
    name: "a replacement of a large file",
    before: ({ a }, at) => write(a, at, big(`first of ${at}`)),
    change: ({ a }, at) => write(a, at, big(`second of ${at}`)),
    edited: (at) => at,
    kept: (at) => [big(`first of ${at}`)],
  },
  {
    name: "a delete",
    before: ({ a }, at) => write(a, at, `first of ${at}`),
    change: ({ a }, at) => remove(a, at),
    edited: (at) => at,
    kept: (at) => [`first of ${at}`],
  },
  {
    name: "a moved file",
    before: ({ a }, at) => write(a, at, `first of ${at}`),
    change: ({ a }, at) => move(a, at, `${at}-moved`),
    edited: (at) => `${at}-moved`,
    kept: (at) => [`first of ${at}`],
  },
  {
    name: "a moved directory",
    before: ({ a }, at) => {
      write(a, `${at}/one`, `first of ${at}`);
      write(a, `${at}/two`, `other of ${at}`);
    },
    change: ({ a }, at) => move(a, at, `${at}-moved`),
    edited: (at) => `${at}-moved/one`,
    kept: (at) => [`first of ${at}`],
  },
  {
    name: "a file that becomes a directory",
    before: ({ a }, at) => write(a, at, `first of ${at}`),
    change: ({ a }, at) => {
      remove(a, at);
      write(a, `${at}/in`, `second of ${at}`);
    },
    edited: (at) => `${at}/in`,
    kept: (at) => [`first of ${at}`],
  },
  {
    name: "a directory that becomes a file",
    before: ({ a }, at) => write(a, `${at}/in`, `first of ${at}`),
    change: ({ a }, at) => {
      remove(a, at);
      write(a, at, `second of ${at}`);
    },
    edited: (at) => at,
    kept: (at) => [`first of ${at}`],
  },
];

export interface Death {
  /** Ends `b`. */
  end(stage: Stage): void;
  /** What a call of its disk takes at most when it is back, in milliseconds. */
  readonly slowness?: number;
  /** Whether the version store may have lost the second name of what was replaced (docs/failure-model.md, window 5). */
  readonly mayLoseKept?: boolean;
}

/** Lets `b` die before its first step, its second and so on, each time over another path, until it is settled earlier. */
export function dieAtEveryStep(stage: Stage, change: Change, death: Death): number {
  const { a, b } = stage;
  for (let step = 1;; step++) {
    const at = `p${step}`;
    change.before(stage, at);
    stage.settle();
    stage.go(LAST_LOOKS_MS);
    b.catalogue.mark();
    const before = treeOf(a);
    let isDead = false;
    const isOver = stage.endAt(b, step, () => {
      isDead = true;
      death.end(stage);
    });
    change.change(stage, at);
    stage.world.scheduler.runUntil(() => isDead, 1_000);
    if (!isOver()) return step - 1;
    const edited = change.edited(at);
    write(a, edited, `last but one of ${at}`);
    stage.go(200);
    // With a slow disk it hears of the peer's edit before it has read what it finds, else after that.
    b.slowness = death.slowness ?? b.slowness;
    b.start();
    stage.go(step % 20);
    write(a, edited, `last of ${at}`);
    stage.settle();
    b.slowness = USUAL_SLOWNESS;
    // What is looked at once more because it was young.
    stage.go(LAST_LOOKS_MS);
    stage.settle();
    check(stage, change, at, before, death, `${change.name}, ended before step ${step}`);
  }
}

function check(
  stage: Stage,
  change: Change,
  at: string,
  before: Record<string, string>,
  { mayLoseKept = false }: Death,
  when: string,
): void {
  const { a, b } = stage;
  const edited = change.edited(at);
  for (const device of [a, b]) {
    assert.equal(textAt(device, edited), `last of ${at}`, `${device.name} has the last edit: ${when}`);
    const others = Object.fromEntries(
      Object.entries(treeOf(device)).filter(([path]) => !path.startsWith(at)),
    );
    const othersBefore = Object.fromEntries(Object.entries(before).filter(([path]) => !path.startsWith(at)));
    assert.deepEqual(others, othersBefore, `nothing else is touched on ${device.name}: ${when}`);
    const copies = Object.keys(treeOf(device)).filter((path) => path.includes(".conflict-"));
    assert.deepEqual(copies, [], `no conflict copy on ${device.name}: ${when}`);
  }
  assert.equal(ownRow(b, edited)!.row.entry.writer, a.identity.id, `b minted nothing: ${when}`);
  if (mayLoseKept) return;
  const kept = keptBy(b);
  for (const content of change.kept(at)) {
    assert.ok(kept.has(content), `b keeps a version of ${content.slice(0, 20)}: ${when}`);
  }
}
