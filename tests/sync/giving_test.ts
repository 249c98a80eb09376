import assert from "node:assert/strict";
import type { ContentId } from "../../src/core/ids.ts";
import type { HashPool } from "../../src/platform/ports.ts";
import { giving } from "../../src/sync/giving.ts";
import { findLocal } from "../../src/sync/local_source.ts";
import type { Sharing } from "../../src/sync/sharing.ts";
import { type Neighbour, Neighbours } from "../support/neighbours.ts";

Deno.test("files, stages and fresh bytes of a paused folder are hidden from peers", async () => {
  await using world = await Neighbours.open("laptop");
  const [laptop] = world.all as [Neighbour];
  laptop.write("a.txt", "text");
  await laptop.look();
  const { replica } = laptop.sync;
  const content = replica.own("a.txt" as never)!.row.entry.content as ContentId;
  const bytes = new Uint8Array(4);
  const pool = { recent: () => bytes } as unknown as HashPool;
  const stretch = { at: "", offset: 0, length: 4, isStill: () => true };
  const sharing = {
    stageOf: () => `${replica.layout.stage}/${content}`,
    stretch: () => stretch,
    list: () => ({ size: 4, chunks: bytes }),
  } as unknown as Sharing;
  const server = giving(laptop.device.local, pool, sharing, () => [replica]);
  const given = () => {
    const source = findLocal(server, content);
    source?.pin.close();
    const list = server.sharing.list(content);
    const part = server.sharing.stretch(content, 0, 1, () => null);
    return [source?.path ?? null, server.recent(content), part, list].map((one) => one !== null);
  };
  let isPaused = false;
  replica.isPaused = () => isPaused;
  assert.deepEqual(given(), [true, true, true, true]);
  isPaused = true;
  assert.deepEqual(given(), [false, false, false, false]);
});
