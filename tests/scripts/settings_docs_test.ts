import assert from "node:assert/strict";
import { readDocs, withSettings } from "../../scripts/settings_docs.ts";

Deno.test("docs/cli.md lists the settings that there are (deno run -A scripts/settings_docs.ts)", () => {
  const page = readDocs();
  assert.equal(withSettings(page), page);
});
