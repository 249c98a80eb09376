import assert from "node:assert/strict";
import { findText } from "../../src/cli/find.ts";
import type { FindAnswer } from "../../src/daemon/find_types.ts";

const VIEW = { colour: false, nowMs: 0, columns: Infinity };
const NONE: FindAnswer = {
  schema: "cairn.find/1",
  query: "ab",
  wasQuestion: false,
  problems: [],
  found: [],
  isCut: false,
  behind: 0,
};

Deno.test("an empty answer says whether all was looked at", () => {
  assert.deepEqual(findText(NONE, VIEW), ["Nothing was found."]);
  assert.match(findText({ ...NONE, isCut: true }, VIEW)[0]!, /among the newest that were looked at/);
});
