/** Conflicts by the command line, between two real processes. */
import assert from "node:assert/strict";
import type { ConflictStatus } from "../../src/daemon/conflicts_types.ts";
import { converge, pairUp, start, textOf, until, World } from "../support/pair.ts";

Deno.test("a conflict is listed, compared and settled by commands, and the other device follows", async () => {
  await using world = new World();
  const { a, b } = await pairUp(world);
  Deno.writeTextFileSync(`${a.data}/a.txt`, "one\ntwo\n");
  await converge("the file", a, b);
  await b.stop();
  Deno.writeTextFileSync(`${a.data}/a.txt`, "one\nby alpha\n");
  Deno.writeTextFileSync(`${b.data}/a.txt`, "one\nby beta\n");
  await start(b, "up");
  await until(
    "the conflict",
    async () => {
      const listed = JSON.parse(await a.cli("conflicts", "--json")).conflicts as ConflictStatus[];
      return listed.length === 1;
    },
    a,
    b,
  );
  await converge("both sides", a, b);
  await until(
    "`status` to count it",
    async () => /1 conflict: cairn conflicts/.test(await a.cli("status")),
    a,
    b,
  );
  assert.match(
    await a.cli("conflicts", `${a.data}`),
    /\/a\.txt\n {2}a\.txt .*\n {2}a\.conflict-.*\n1 conflict\. /,
  );
  assert.match(
    await a.cli("conflicts", "diff", `${a.data}/a.txt`),
    /\n one\n[-+]by \w+\n[-+]by \w+\n1 conflict/,
  );
  assert.match(
    await a.cli("conflicts", "resolve", `${a.data}/a.txt`, "--keep", "mine"),
    /a\.txt (stays|has)/,
  );
  const tree = await converge("the settled file", a, b);
  assert.deepEqual([...tree.keys()], ["a.txt"]);
  assert.equal(textOf(`${b.data}/a.txt`), "one\nby alpha\n");
  assert.equal(await b.cli("conflicts"), "No conflicts.");

  const name = JSON.parse(await a.cli("folders", "--json")).folders[0].name as string;
  assert.match(await a.cli("folders", "set", name, "strategy", "merge"), /^strategy {2}merge {2}all devices/);
  await until(
    "the setting",
    async () => /strategy +merge/.test(await b.cli("folders", "settings", name)),
    a,
    b,
  );
  const refused = await a.run("conflicts", "resolve", `${a.data}/a.txt`, "--keep", "both");
  assert.deepEqual([refused.code, refused.stdout], [1, ""]);
  assert.match(refused.stderr, /^cairn: There is no conflict at .*\n→ /);
});
