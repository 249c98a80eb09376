import assert from "node:assert/strict";
import { EMPTY_CONTENT } from "../../src/core/content.ts";
import type { ContentId } from "../../src/core/ids.ts";
import type { Observation } from "../../src/folder/observe.ts";
import { openVersionStore } from "../../src/folder/versions.ts";
import type { Ledger } from "../../src/journal/ledger.ts";
import { FsError, type HashPool } from "../../src/platform/ports.ts";
import { realFs } from "../../src/platform/real/fs.ts";
import { CrashGuard } from "../../src/sync/crash_guard.ts";
import { NOWHERE, Places } from "../../src/sync/places.ts";
import { Replica } from "../../src/sync/replica.ts";
import { HOME_RESERVE, Room } from "../../src/sync/room.ts";
import { deviceOf, pathOf } from "../support/entries.ts";
import { failingFs } from "../support/broken_fs.ts";
import { FOLDER, handClock, homeAt } from "../support/ledgers.ts";
import { type TestRoot, testRoot } from "../support/roots.ts";
import { tempDir } from "../support/temp_dir.ts";

const OTHER = "01".padEnd(66, "a") as ContentId;

function replicaOf(root: TestRoot, ledger: Ledger): Replica {
  const fs = realFs();
  const clock = handClock();
  // Nothing here hashes: observations are given.
  const pool = {} as HashPool;
  const homeRoom = new Room(fs, clock, root.root, HOME_RESERVE);
  const deps = { fs, clock, pool, ledger, device: deviceOf(1), homeRoom };
  return new Replica(deps, {
    folder: FOLDER,
    root: root.root,
    rootDev: root.rootDev,
    versions: openVersionStore(fs, clock, root.root),
  });
}

/** What an observation of the file as it is now would say; `content` stands for its bytes. */
function observed(replica: Replica, root: TestRoot, path: string, content: ContentId): Observation {
  const print = root.print(path);
  return {
    path: pathOf(path),
    basedOn: replica.own(pathOf(path))?.state ?? null,
    kind: "file",
    size: print.size,
    mtimeMs: Math.floor(print.mtimeMs),
    writtenMs: Math.floor(print.mtimeMs),
    mode: print.mode,
    content,
    target: null,
    print,
    hasLinks: false,
    movedState: null,
  };
}

interface Scene {
  readonly root: TestRoot;
  readonly replica: Replica;
  readonly sift: (path: string, content: ContentId, crashed?: boolean) => Promise<boolean>;
}

/** A file "f" that is recorded with some bytes; `sift` says whether what stands there now may be recorded. */
async function withFile(test: (scene: Scene) => Promise<void>): Promise<void> {
  using home = tempDir();
  using root = testRoot();
  const ledger = await homeAt(home.path).open();
  try {
    const replica = replicaOf(root, ledger);
    root.write("f", "what was written");
    await replica.commitLocal([observed(replica, root, "f", OTHER)], [], []);
    const sift = async (path: string, content: ContentId, crashed = true) => {
      const guard = new CrashGuard(replica, crashed);
      return (await guard.sift([observed(replica, root, path, content)])).length === 1;
    };
    await test({ root, replica, sift });
  } finally {
    await ledger.close();
  }
}

Deno.test("a recorded file that is empty after the machine crashed is held back and named (R16)", () =>
  withFile(async ({ root, replica, sift }) => {
    root.write("f", "");
    assert.equal(await sift("f", EMPTY_CONTENT), false);
    assert.match(replica.troubles.get(pathOf("f"))!.cause, /machine crashed/);
  }));

Deno.test("a recorded file that ends in zeros after a crash is held back, one that ends in text is not (R16)", () =>
  withFile(async ({ root, sift }) => {
    const changed = "01".padEnd(66, "b") as ContentId;
    root.write("f", "begun\0".padEnd(2_000, "\0"));
    assert.equal(await sift("f", changed), false);
    root.write("f", `${"\0".repeat(2_000)}end`);
    assert.equal(await sift("f", changed), true);
  }));

Deno.test("a file with other bytes behind the fingerprint that it had before the crash is held back (R15, R16)", () =>
  withFile(async ({ sift }) => {
    const changed = "01".padEnd(66, "b") as ContentId;
    assert.equal(await sift("f", changed), false);
    assert.equal(await sift("f", OTHER), true, "the recorded bytes are no news");
  }));

Deno.test("what is held back stays so over a restart, until somebody touches it (R16)", () =>
  withFile(async ({ root, sift }) => {
    root.write("f", "");
    assert.equal(await sift("f", EMPTY_CONTENT), false);
    assert.equal(await sift("f", EMPTY_CONTENT, false), false, "a later start without a crash");
    Deno.utimeSync(root.at("f"), new Date(1_000_000), new Date(1_000_000));
    assert.equal(await sift("f", EMPTY_CONTENT, false), true);
    assert.equal(await sift("f", EMPTY_CONTENT, false), true, "and it is forgotten");
  }));

Deno.test("a later start goes on being suspicious where the crash's start has not looked, and nowhere else (R16)", () =>
  withFile(async ({ root, replica, sift }) => {
    const guard = new CrashGuard(replica, true);
    await guard.begin();
    await guard.settle(new Places([pathOf("d")]));
    root.write("f", "");
    assert.equal(await sift("f", EMPTY_CONTENT, false), true, "it was looked at");
    await new CrashGuard(replica, true).begin();
    assert.equal(await sift("f", EMPTY_CONTENT, false), false, "stopped before it has looked");
    await new CrashGuard(replica, false).settle(NOWHERE);
    Deno.utimeSync(root.at("f"), new Date(1_000_000), new Date(1_000_000));
    assert.equal(await sift("f", EMPTY_CONTENT, false), true, "all was looked at");
  }));

Deno.test("without a crash an emptied file is news like any other", () =>
  withFile(async ({ root, sift }) => {
    root.write("f", "");
    assert.equal(await sift("f", EMPTY_CONTENT, false), true);
  }));

Deno.test("a new file may be empty after a crash: there is nothing that it could replace", () =>
  withFile(async ({ root, sift }) => {
    root.write("new", "");
    assert.equal(await sift("new", EMPTY_CONTENT), true);
  }));

Deno.test("who may look into a directory that could not be listed after a crash has set its mode, and it is not set back (R3)", async () => {
  using home = tempDir();
  using root = testRoot();
  const at = `${root.root}/p`;
  Deno.mkdirSync(at);
  Deno.chmodSync(at, 0);
  const { fs, failing } = failingFs(realFs(), new FsError("io", "disk"));
  const before = await homeAt(home.path).open({ fs });
  const look = (replica: Replica) =>
    replica.commitLocal(
      [{ ...observed(replica, root, "p", OTHER), kind: "directory", size: 0, content: null, mtimeMs: 0 }],
      [],
      [],
    );
  await look(replicaOf(root, before));
  failing.on = "file.write"; // so that no stop is recorded
  await before.close();
  const ledger = await homeAt(home.path).open({ osBoot: "os-2" });
  try {
    const replica = replicaOf(root, ledger);
    const guard = new CrashGuard(replica, true);
    await guard.begin();
    await look(replica);
    // Whoever runs this may be able to list it all the same: that it was in vain is said.
    const unseen = new Places([pathOf("p")]);
    replica.settleIntents(ledger.lastLsn, unseen);
    await guard.settle(unseen);
    Deno.chmodSync(at, 0o700);
    await look(replica);
    assert.equal(replica.own(pathOf("p"))!.row.entry.mode, 0o700);
    assert.ok(replica.directoryModes.isEmpty);
  } finally {
    await ledger.close();
    Deno.chmodSync(at, 0o700);
  }
});
