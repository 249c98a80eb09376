/**
 * What comes of a path that two devices changed while they were apart: one test for each cell of the table in
 * docs/failure-model.md (R2 to R6, invariants 4 and 5), on two whole devices with real disks.
 */
import assert from "node:assert/strict";
import {
  actFirst,
  actSecond,
  CELLS,
  expectedOf,
  layBase,
  nameOfCell,
  withoutMarks,
} from "../support/conflict_cells.ts";
import { clockTicks } from "../support/conflict_story.ts";
import { type Neighbour, Neighbours } from "../support/neighbours.ts";

Deno.test("conflicts: every pair of what two devices did to a path", async (t) => {
  await using world = await Neighbours.open("laptop", "desktop");
  const [laptop, desktop] = world.all as [Neighbour, Neighbour];
  for (const cell of CELLS) layBase(laptop, cell);
  await world.agree();

  world.part(laptop, desktop);
  for (const cell of CELLS) {
    actFirst(laptop, cell, cell.first, "first");
    actFirst(desktop, cell, cell.second, "second");
  }
  await laptop.look();
  await desktop.look();
  for (const cell of CELLS) actSecond(laptop, cell, cell.first, "first");
  await laptop.look();
  await clockTicks();
  for (const cell of CELLS) actSecond(desktop, cell, cell.second, "second");
  await desktop.look();

  await world.meet();
  await world.agree();
  for (const cell of CELLS) {
    await t.step(nameOfCell(cell), () => {
      for (const device of world.all) {
        assert.deepEqual(withoutMarks(device.list(cell.at)), expectedOf(cell), `on the ${device.name}`);
      }
    });
  }
});
