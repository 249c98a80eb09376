import assert from "node:assert/strict";
import {
  commandToRun,
  compareVersions,
  decodeRecord,
  encodeRecord,
  reasonToMend,
} from "../../src/service/record.ts";

const record = { format: 1 as const, kind: "cron" as const, command: ["/old/cairn"], version: "0.1.0" };

Deno.test("a record is read back; what is none is none", () => {
  assert.deepEqual(decodeRecord(encodeRecord(record)), record);
  for (
    const text of [
      "",
      "{}",
      "null",
      '{"format":2,"kind":"cron","command":["x"],"version":"1"}',
      encodeRecord({ ...record, command: [] }),
    ]
  ) {
    assert.equal(decodeRecord(text), null);
  }
});

Deno.test("reasonToMend(): a program that is gone or older is replaced, any other stays", () => {
  const reason = (command: string[], version: string, there: string[], recorded = record) =>
    reasonToMend(recorded, { command, version, exists: (path) => there.includes(path) });
  assert.equal(reason(["/old/cairn"], "0.1.0", ["/old/cairn"]), null);
  assert.equal(reason(["/new/cairn"], "0.1.0", ["/new/cairn"]), "gone");
  assert.equal(reason(["/new/cairn"], "0.2.0", ["/new/cairn", "/old/cairn"]), "before");
  assert.equal(reason(["/old/cairn"], "0.2.0", ["/old/cairn"]), "before", "replaced in its place");
  assert.equal(
    reason(["/new/cairn"], "0.1.0", ["/new/cairn", "/old/cairn"]),
    null,
    "another copy of the same",
  );
  assert.equal(reason(["/new/cairn"], "0.0.9", ["/new/cairn", "/old/cairn"]), null, "an older copy");
  const source = { ...record, command: ["/usr/bin/deno", "run", "-A", "/src/main.ts"] };
  assert.equal(
    reason(["/x"], "0.1.0", ["/usr/bin/deno", "/x"], source),
    "gone",
    "any file of the command counts",
  );
  const windows = { ...record, command: ["C:\\cairn.exe"] };
  assert.equal(reason(["D:\\cairn.exe"], "0.1.0", ["D:\\cairn.exe"], windows), "gone");
});

Deno.test("compareVersions() orders by numbers, and what comes before a version before it", () => {
  const order = ["0.1.0-beta", "0.1.0", "0.1.1", "0.2.0", "0.10.0", "1.0.0-alpha", "1.0.0-beta", "1.0.0"];
  for (let i = 0; i < order.length; i++) {
    for (let j = 0; j < order.length; j++) {
      assert.equal(compareVersions(order[i]!, order[j]!), Math.sign(i - j));
    }
  }
  assert.equal(compareVersions("0.1.0+abc", "0.1.0+def"), 0);
});

Deno.test("commandToRun(): a program that was moved while its keeper ran is the one that the service names", () => {
  const run = (there: string[], recorded: typeof record | null = record) =>
    commandToRun(["/own/cairn"], recorded, (path) => there.includes(path));
  assert.deepEqual(run(["/own/cairn", "/old/cairn"]), ["/own/cairn"]);
  assert.deepEqual(run(["/old/cairn"]), ["/old/cairn"]);
  assert.deepEqual(run([]), ["/own/cairn"]);
  assert.deepEqual(run(["/old/cairn"], null), ["/own/cairn"]);
});
