import assert from "node:assert/strict";
import {
  isAcceptablePolicy,
  NOTHING_ASKED,
  policiesOf,
  POLICY,
  policyFields,
} from "../../src/library/policies.ts";
import { contentOf, deviceOf, folderOf, stampOf } from "../support/entries.ts";
import { device, gossip } from "../support/libraries.ts";

Deno.test("policies are the same on all devices, field by field the last word", async () => {
  await using a = await device(0);
  await using b = await device(1);
  const set = async (
    on: typeof a,
    scope: Parameters<typeof policyFields>[1],
    asked: Parameters<typeof policyFields>[2],
  ) => {
    const writer = { device: on.identity.id, stamp: on.ledger.mintStamp.bind(on.ledger) };
    const fields = policyFields(on.ledger.catalogue, scope, asked, writer);
    if (fields.length > 0) await on.ledger.commit({ type: "shared", fields });
    return fields.length;
  };
  const folder = { kind: "folder", folder: folderOf(1) } as const;
  await set(a, { kind: "all" }, { copies: 2 });
  await set(b, folder, { copies: 3, on: [deviceOf(7)] });
  await gossip(a, b);
  assert.equal(await set(b, { kind: "all" }, { copies: 2 }), 0, "what is so already is not said again");
  await set(a, folder, { verifiedDays: 30 });
  await set(b, { kind: "all" }, NOTHING_ASKED);
  await gossip(a, b);
  for (const { ledger } of [a, b]) {
    assert.deepEqual(policiesOf(ledger.catalogue), [
      { scope: folder, copies: 3, on: [deviceOf(7)], verifiedDays: 30 },
    ]);
  }
});

Deno.test("what comes is checked: no policy of nothing, and none that nobody could mean", () => {
  const good = {
    kind: POLICY,
    key: "all",
    field: "copies",
    value: 2,
    stamp: stampOf(1),
    writer: deviceOf(1),
  };
  assert.ok(isAcceptablePolicy(good));
  assert.ok(isAcceptablePolicy({ ...good, key: `folder/${folderOf(2)}`, value: null }));
  assert.ok(
    isAcceptablePolicy({ ...good, key: "tag/work/tax", field: "on", value: [deviceOf(1), deviceOf(2)] }),
  );
  for (
    const bad of [
      { ...good, value: 0 },
      { ...good, value: 65 },
      { ...good, value: 1.5 },
      { ...good, value: "2" },
      { ...good, key: "folder/x" },
      { ...good, key: "tag/Work" },
      { ...good, key: contentOf("x") },
      { ...good, field: "on", value: [deviceOf(2), deviceOf(1)] },
      { ...good, field: "on", value: [] },
      { ...good, field: "on", value: [1] },
      { ...good, field: "verified_days", value: 0 },
      { ...good, field: "other", value: 1 },
    ]
  ) assert.ok(!isAcceptablePolicy(bad), JSON.stringify(bad));
});
