import assert from "node:assert/strict";
import { run } from "../../src/cli/program.ts";
import { movedLine, renamedLine } from "../../src/cli/renames.ts";
import { fakeContext } from "./fake_terminal.ts";

Deno.test("what was renamed or moved is said, and by whom", () => {
  assert.equal(
    renamedLine({ id: "1", from: "Notes", name: "Papers" }),
    "Notes is called Papers now, on all devices.",
  );
  const folder = { id: "1", name: "Notes", path: "/new" };
  assert.equal(movedLine({ folder, from: "/old", wasThere: false }), "Notes is moved from /old to /new.");
  assert.equal(movedLine({ folder, from: "/old", wasThere: true }), "Notes goes on in /new.");
});

for (
  const argv of [
    ["folders", "rename", "Notes"],
    ["folders", "move", "Notes"],
    ["folders", "move"],
    ["devices", "rename", "nas"],
    ["devices", "rename"],
  ]
) {
  Deno.test(`cairn ${argv.join(" ")} is wrong usage`, async () => {
    const context = fakeContext({ CAIRN_HOME: "/nonexistent" });
    assert.equal(await run(argv, context), 2);
  });
}
