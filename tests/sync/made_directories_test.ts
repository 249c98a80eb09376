/** A directory whose own row comes after that of something in it: nobody chose the mode with which it is made (R3). */
import assert from "node:assert/strict";
import { SELF } from "../../src/catalogue/interning.ts";
import type { Lsn } from "../../src/core/ids.ts";
import { type Side, type TwoFolders, twoFolders } from "../support/two_folders.ts";
import { waitFor } from "../support/wait.ts";

const modeOf = (side: Side, path: string) => Deno.statSync(`${side.root}/${path}`).mode! & 0o777;

/** `d/f` is on both; of `d`, which got a mode on the first right after it was made, the second has not heard. */
async function childFirst({ a, b }: TwoFolders, mode: number): Promise<void> {
  await a.write("d/f", "text");
  await a.look();
  const upTo = a.ledger.lastLsn;
  Deno.chmodSync(`${a.root}/d`, mode);
  await a.look();
  a.tell(b, upTo);
  const own = () => b.ledger.catalogue.rows.page(SELF, 0 as Lsn, b.ledger.lastLsn, 100);
  await waitFor("the file and its row", () => b.list().includes("d/f=text") && own().length > 0, 60_000);
  assert.equal(own().length, 1, "nothing of d");
  await b.look();
  assert.equal(modeOf(b, "d") & 0o700, 0o700);
}

for (const mode of [0o711, 0o700, 0o500]) {
  Deno.test(`the mode ${mode.toString(8)} of a directory holds, though what is in it was told first`, async () => {
    await using pair = await twoFolders((fs) => fs);
    await childFirst(pair, mode);
    await pair.settle();
    await waitFor("its mode", () => modeOf(pair.b, "d") === mode, 60_000);
    assert.equal(modeOf(pair.a, "d"), mode);
    Deno.chmodSync(`${pair.a.root}/d`, 0o755);
  });
}

Deno.test("whoever sets the mode of a directory that was only made for what is in it has set it", async () => {
  await using pair = await twoFolders((fs) => fs);
  const { a, b } = pair;
  await a.write("d/f", "text");
  await a.look();
  const upTo = a.ledger.lastLsn;
  Deno.chmodSync(`${a.root}/d`, 0o711);
  await a.look();
  a.tell(b, upTo);
  await waitFor("the file", () => b.list().includes("d/f=text"), 60_000);
  Deno.chmodSync(`${b.root}/d`, 0o750);
  await b.look();
  await pair.settle();
  assert.deepEqual([a, b].map((side) => modeOf(side, "d")), [0o750, 0o750]);
});
