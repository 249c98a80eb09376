/** Two names of one file that were both made a moment ago: each is read again for itself (R14). */
import assert from "node:assert/strict";
import { Neighbours } from "../support/neighbours.ts";
import { waitFor } from "../support/wait.ts";

Deno.test("of two fresh names of one file neither is believed to be the other, moved: both are read again, and settle (R14)", async () => {
  await using neighbours = await Neighbours.openInMemory("a");
  const [a] = neighbours.all;
  Deno.writeTextFileSync(`${a!.root}/one`, "content");
  Deno.linkSync(`${a!.root}/one`, `${a!.root}/two`);
  const settled = () =>
    a!.device.ledger.catalogue.db.all(
      "SELECT p.settled FROM prints p JOIN states s ON s.id = p.state WHERE s.name IN ('one', 'two') AND s.kind = 1",
    ).map(([value]) => value);
  await a!.look();
  assert.equal(settled().length, 2);
  await waitFor("both to settle", () => settled().every((value) => value === 1), 30_000);
});
