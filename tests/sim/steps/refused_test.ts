/** A subtree that this device may not change, or not read, for a while: named in `status`, and nothing else suffers. */
import assert from "node:assert/strict";
import { statusKind } from "../oracle/quiet.ts";
import { ROOT } from "../world/device.ts";
import { LAST_LOOKS_MS, onStage, remove, type Stage, textAt, treeOf, troublesOf, write } from "./stage.ts";

const LATER_MS = 20 * 60_000;

function begin({ a, go, settle }: { a: Stage["a"]; go(ms: number): void; settle(): void }): void {
  for (const name of ["edited", "deleted", "stays"]) write(a, `locked/${name}`, `${name} at first`);
  write(a, "free", "at first");
  settle();
  go(LAST_LOOKS_MS);
}

/** Paths of `b` that wait for something, with why. */
function waiting({ b }: Stage): Record<string, string | null> {
  const { catalogue, number } = b.folder!.replica;
  const due = [false, true].flatMap((deletes) => catalogue.needs.due(number, deletes, Infinity, 100));
  return Object.fromEntries(due.map(({ path, cause }) => [path, cause]));
}

Deno.test("a read-only subtree takes nothing, says why, holds nothing else up, and is made good when it may be changed", async () => {
  await onStage({}, (stage) => {
    const { a, b } = stage;
    begin({ a, go: (ms) => stage.go(ms), settle: () => stage.settle() });
    const before = Object.fromEntries(
      Object.entries(treeOf(b)).filter(([path]) => path.startsWith("locked/")),
    );
    const lift = b.disk.faults.readOnly(`${ROOT}/locked`);
    write(a, "locked/edited", "edited since");
    write(a, "locked/made", "made since");
    remove(a, "locked/deleted");
    write(a, "free", "edited since");
    stage.until("the rest has come", () => textAt(b, "free") === "edited since");
    stage.go(LATER_MS);
    const now = Object.fromEntries(Object.entries(treeOf(b)).filter(([path]) => path.startsWith("locked/")));
    assert.deepEqual(now, before);
    assert.equal(statusKind(b), "waiting");
    const causes = waiting(stage);
    for (const name of ["made", "deleted"]) assert.match(causes[`locked/${name}`] ?? "", /read-only/, name);
    assert.ok(causes["locked/edited"], JSON.stringify(causes));
    // Its own person may still write there, and that goes out.
    write(b, "locked/own", "by its own person");
    stage.until("a has it", () => textAt(a, "locked/own") === "by its own person");
    lift();
    stage.until("it is made good", () => textAt(b, "locked/edited") === "edited since", LATER_MS);
    stage.settle();
    assert.deepEqual(Object.keys(treeOf(b)).sort(), [
      "free",
      "locked/edited",
      "locked/made",
      "locked/own",
      "locked/stays",
    ]);
  });
});

Deno.test("an unreadable subtree deletes nothing, says why, holds nothing else up, and is made good when it may be read", async () => {
  await onStage({}, (stage) => {
    const { a, b } = stage;
    begin({ a, go: (ms) => stage.go(ms), settle: () => stage.settle() });
    const lift = b.disk.faults.unreadable(`${ROOT}/locked`);
    write(b, "locked/edited", "edited since");
    remove(b, "locked/deleted");
    write(b, "free", "edited since");
    stage.until("the rest has gone out", () => textAt(a, "free") === "edited since");
    stage.go(LATER_MS);
    for (const name of ["edited", "deleted", "stays"]) {
      assert.equal(textAt(a, `locked/${name}`), `${name} at first`);
    }
    assert.match(JSON.stringify(troublesOf(b)), /locked.*cannot be (listed|read)/);
    assert.equal(statusKind(b), "waiting", "what is not sent is not up to date (invariant 11)");
    lift();
    stage.until("it is made good", () => textAt(a, "locked/edited") === "edited since", LATER_MS);
    stage.settle();
    assert.deepEqual(Object.keys(treeOf(a)).sort(), ["free", "locked/edited", "locked/stays"]);
  });
});

Deno.test("a .cairn that cannot be written into is told of for as long as it is so, also where nothing else happens", async () => {
  await onStage({}, (stage) => {
    const { b } = stage;
    const lift = b.disk.faults.readOnly(`${ROOT}/.cairn`);
    stage.until("it to be told", () => statusKind(b) === "waiting", LATER_MS);
    assert.match(troublesOf(b)[""] ?? "", /cannot write into/);
    stage.go(LATER_MS);
    assert.equal(statusKind(b), "waiting");
    lift();
    stage.until("it to be taken back", () => statusKind(b) === "up-to-date", 5 * 60_000);
  });
});
