/** What is kept on another device only: `cairn drop` and `cairn get`, by the words that people type, all devices real processes. */
import assert from "node:assert/strict";
import { converge, exists, pairUp, statusOf, textOf, until, World } from "../support/pair.ts";

Deno.test("cairn drop leaves a file to the other device, and cairn get brings it back", async () => {
  await using world = new World();
  const { a, b } = await pairUp(world);
  Deno.mkdirSync(`${a.data}/old`);
  Deno.writeTextFileSync(`${a.data}/old/a.txt`, "kept elsewhere");
  await converge("the file", a, b);
  const wrong = await a.run("drop", `${a.data}/old/none.txt`);
  assert.deepEqual([wrong.code, wrong.stdout], [2, ""]);
  assert.match(wrong.stderr, /has no files that are kept here/);
  // What was written a moment ago is not sure yet, and stays.
  await until("the file to be dropped", async () => (await a.run("drop", `${a.data}/old`)).code === 0, a);
  assert.equal(exists(`${a.data}/old/a.txt`), false);
  assert.equal(textOf(`${b.data}/old/a.txt`), "kept elsewhere");
  assert.equal(await a.cli("cat", `${a.data}/old/a.txt`), "kept elsewhere");
  assert.match(await a.cli("stat", `${a.data}/old/a.txt`), /listed, without its bytes/);
  assert.match(await a.cli("status"), /1 file listed, not kept here/);
  const refused = await b.run("drop", `${b.data}/old`, "--json");
  assert.equal(refused.code, 1);
  const answer = JSON.parse(refused.stdout);
  assert.deepEqual([answer.schema, answer.files, answer.refusedTotal], ["cairn.drop/1", 0, 1]);
  assert.match(answer.refused[0].cause, /no other device has a copy/);
  await a.cli("get", `${a.data}/old/a.txt`);
  assert.equal(textOf(`${a.data}/old/a.txt`), "kept elsewhere");
  assert.equal((await statusOf(a)).folders[0]!.dropped, undefined);
});
