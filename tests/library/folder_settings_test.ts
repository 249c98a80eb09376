import assert from "node:assert/strict";
import { CairnError } from "../../src/core/errors.ts";
import { isSharedSetting, settingNamed } from "../../src/library/folder_settings.ts";
import { ALL_SETTINGS } from "../../src/library/settings_table.ts";
import { deviceOf, stampOf } from "../support/entries.ts";

Deno.test("each setting's initial value is one that it can have, and reads as it is shown; so does its example", () => {
  for (const { name, read, initial, example, show } of ALL_SETTINGS) {
    for (const value of initial === null ? [read(example)] : [initial, read(example)]) {
      assert.notEqual(value, null, name);
      assert.deepEqual([read(value), read(show(value!))], [value, value], name);
    }
  }
  assert.equal(new Set(ALL_SETTINGS.map(({ name }) => name)).size, ALL_SETTINGS.length);
});

Deno.test("a size is read with its unit, a share also as percent; nonsense is none", () => {
  const size = settingNamed("versions-size");
  assert.equal(size.read("20G"), 20 * 2 ** 30);
  assert.equal(size.read("1.5 MiB"), 1.5 * 2 ** 20);
  assert.equal(size.read("1023K"), null, "too small to keep anything in");
  assert.equal(size.read("-1"), null);
  assert.equal(size.read("G"), null);
  const share = settingNamed("brake-share");
  assert.equal(share.read("25%"), 0.25);
  assert.equal(share.read("1.5"), null);
  assert.equal(share.read(""), null);
  assert.equal(settingNamed("brake-files").read("1.5"), null);
});

Deno.test("a setting that nobody knows is refused with those that there are", () => {
  assert.throws(() => settingNamed("speed"), (error: CairnError) => error.hint.includes("strategy"));
});

Deno.test("a member may say shared settings alone, and only values that they can have", () => {
  const field = { kind: "folder", key: "00".repeat(16), stamp: stampOf(1), writer: deviceOf(1) };
  const said = (name: string, value: unknown) => isSharedSetting({ ...field, field: name, value });
  assert.ok(said("strategy", "merge"));
  assert.ok(!said("strategy", "guess"));
  assert.ok(!said("brake-share", 0.5));
});
