/** Whole devices that come back among several: what they are told, and by how many. */
import assert from "node:assert/strict";
import { MEETING_MS } from "../../src/daemon/meeting.ts";
import { Neighbours } from "../support/neighbours.ts";
import { type Pages, pagesOfAll } from "../support/pages.ts";
import { waitFor } from "../support/wait.ts";

Deno.test("a device that was away, and one that knows nothing any more, hear each row of three neighbours once", async () => {
  await using it = await Neighbours.open("a", "b", "c", "d");
  const [a, b, c, d] = it.all;
  const others = [a!, b!, c!];
  it.part(d!);
  for (const one of others) {
    for (let i = 0; i < 40; i++) one.write(`${one.name}/${i}.txt`, `${one.name} ${i}`);
  }
  await it.settle(others);
  const rowsOf = ({ device: { ledger } }: typeof a & object) =>
    Number(ledger.catalogue.db.get("SELECT count(*) FROM holds WHERE device = 1")![0]);
  const toD = d!.device.identity.id;
  /** Each told all of its own, and nothing of the two others. */
  const check = (pages: Pages) => {
    for (const { device: { identity: { id } }, name } of others) {
      assert.ok(pages.rows(toD, id) >= 123, name);
      assert.equal(pages.relayed(toD, id), 0, name);
    }
  };
  // On a machine that stands still for seconds they would be over before all have met.
  const { after } = it.clock;
  it.clock.after = (ms, then) => after(ms === MEETING_MS ? 60_000 : ms, then);
  // Each has its own files, the others' and their three directories.
  assert.deepEqual(others.map(rowsOf), [123, 123, 123]);
  {
    await it.restart(d!);
    using pages = pagesOfAll();
    await it.meet();
    check(pages);
  }
  {
    using pages = pagesOfAll();
    await it.restart(d!, () => Deno.removeSync(`${d!.home}/catalogue.db`));
    await it.settle();
    check(pages);
  }
  await it.agree();
});

Deno.test("a device hears from its neighbours of one that is away, and of one that goes", async () => {
  await using it = await Neighbours.open("a", "b", "c");
  const [a, b, c] = it.all;
  const knowsA = () => {
    const { cursors, ids } = c!.device.ledger.catalogue;
    const here = cursors.of(ids.device(a!.device.identity.id));
    const { catalogue } = b!.device.ledger;
    return here.lsn === catalogue.cursors.of(catalogue.ids.device(a!.device.identity.id)).lsn;
  };
  it.part(c!);
  a!.write("while c is away", "1");
  await it.settle([a!, b!]);
  it.part(a!);
  using pages = pagesOfAll();
  const of = a!.device.identity.id;
  it.reconnect(c!);
  await waitFor("c to hear of a by b", () => pages.rows(c!.device.identity.id, of) === 1 && knowsA());
  await waitFor("c to have its file", () => c!.read("while c is away") === "1");
  await it.meet();
});
