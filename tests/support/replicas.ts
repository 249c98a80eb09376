/** A replica on the real disk with a clock that moves by hand, and what its version store is given and told. */
import type { Row } from "../../src/core/entry.ts";
import { printOf } from "../../src/core/fingerprint.ts";
import type { Kept, Why } from "../../src/core/kept.ts";
import { relativeStat } from "../../src/folder/scan.ts";
import { announceKept, keepByRename, nextName, openVersionStore } from "../../src/folder/versions.ts";
import type { Ledger } from "../../src/journal/ledger.ts";
import type { Fs } from "../../src/platform/ports.ts";
import { realFs } from "../../src/platform/real/fs.ts";
import { realHashPool } from "../../src/platform/real/hash_pool.ts";
import { Replica } from "../../src/sync/replica.ts";
import { HOME_RESERVE, Room } from "../../src/sync/room.ts";
import { type KeepingSettings, VersionKeeper } from "../../src/sync/version_keeper.ts";
import { type ManualClock, manualClock } from "./clock.ts";
import { contentOf, deviceOf, pathOf } from "./entries.ts";
import { FOLDER, homeAt, ownRow } from "./ledgers.ts";
import { type TestRoot, testRoot } from "./roots.ts";
import { tempDir } from "./temp_dir.ts";
import { waitFor } from "./wait.ts";

/** A clock by hand that can also leap: all that is due within the leap comes due once, behind it. */
export interface SkippingClock extends ManualClock {
  skippedMs: number;
}

function skippingClock(startMs: number): SkippingClock {
  const clock = manualClock(startMs);
  const skipping: SkippingClock = {
    skippedMs: 0,
    now: () => clock.now() + skipping.skippedMs,
    monotonic: () => clock.monotonic() + skipping.skippedMs,
    after: clock.after,
    advance: clock.advance,
    hold: clock.hold,
    get waiting() {
      return clock.waiting;
    },
  };
  return skipping;
}

export interface KeeperScene {
  readonly root: TestRoot;
  readonly replica: Replica;
  readonly ledger: Ledger;
  readonly keeper: VersionKeeper;
  readonly clock: SkippingClock;
  readonly settings: { -readonly [K in keyof KeepingSettings]: KeepingSettings[K] };
  /** What the keeper has asked for. */
  readonly told: { readonly lookedAgain: string[]; roomCame: number };
  /** Puts a file into the version store as if it had stood at the path. */
  keep(path: string, text: string, over?: Partial<Kept> & { why?: Why }): Promise<Kept>;
  /** Records what stands at a path as our own. */
  record(path: string): Promise<Row>;
  /** Texts of what the catalogue knows to be kept, oldest first. */
  known(): string[];
  /** Lets this much time pass, one turn of upkeep after the other. */
  pass(ms: number): Promise<void>;
}

/** Runs `test` with everything on a disk of its own. */
export async function withKeeper(
  test: (scene: KeeperScene) => Promise<void>,
  fs: Fs = realFs(),
  startMs = Date.UTC(2026, 0, 2),
): Promise<void> {
  using home = tempDir();
  using root = testRoot();
  const clock = skippingClock(startMs);
  const ledger = await homeAt(home.path).open();
  const pool = realHashPool();
  const versions = openVersionStore(fs, clock, root.root);
  const homeRoom = new Room(fs, clock, home.path, HOME_RESERVE);
  const deps = { fs, clock, pool, ledger, device: deviceOf(1), homeRoom };
  const replica = new Replica(deps, { folder: FOLDER, root: root.root, rootDev: root.rootDev, versions });
  const settings = { versionsDays: 30, versionsBytes: 2 ** 40 };
  const told = { lookedAgain: [] as string[], roomCame: 0 };
  let written = 0;
  const keeper = new VersionKeeper(replica, {
    settings: () => settings,
    mayWork: () => true,
    isBusy: () => false,
    lookAgain: (paths) => told.lookedAgain.push(...paths),
    hint: () => {},
    roomCame: () => told.roomCame++,
  });
  replica.hasRoom = (planned) => keeper.hasRoom(planned);
  const scene: KeeperScene = {
    root,
    replica,
    ledger,
    keeper,
    clock,
    settings,
    told,
    async keep(path, text, over = {}) {
      const aside = root.at(`.cairn/aside`);
      Deno.writeTextFileSync(aside, text);
      const kept: Kept = {
        ...nextName(versions, pathOf(path)),
        path: pathOf(path),
        kind: "file",
        size: text.length,
        mtimeMs: Deno.lstatSync(aside).mtime!.getTime(),
        mode: 0o644,
        content: contentOf(text),
        target: null,
        sinceMs: ++written,
        why: "replaced",
        by: deviceOf(2),
        lost: null,
        ...over,
      };
      await announceKept(versions, [kept]);
      keepByRename(fs, versions, kept.path, aside);
      return kept;
    },
    async record(path) {
      const row = ownRow(ledger, path, root.read(path)!);
      const print = printOf(relativeStat(realFs().lstat(root.at(path))!, root.rootDev), clock.now() + 10_000);
      await replica.exclusive(() => replica.record("local", [{ row, print, isFresh: true }]));
      return row;
    },
    known: () =>
      replica.catalogue.kept.below(replica.number, "" as never, 1_000).map(({ kept }) => kept)
        .sort((a, b) => a.keptMs - b.keptMs || a.sinceMs - b.sinceMs)
        .map(({ file }) => Deno.readTextFileSync(root.at(`.cairn/versions/${file.slice(0, 2)}/${file}`))),
    async pass(ms) {
      // The last minute passes step by step, what is before it in one leap.
      const leapMs = Math.max(0, ms - 60_000);
      clock.skippedMs += leapMs;
      await clock.advance(ms - leapMs);
      // A turn may hash and write: its next timer says that it is over.
      await waitFor("the turn to end", () => clock.waiting > 0);
    },
  };
  keeper.start("replica");
  try {
    await test(scene);
  } finally {
    keeper.stop();
    await replica.exclusive(async () => {});
    pool.close();
    await ledger.close();
  }
}
