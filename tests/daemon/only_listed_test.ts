import assert from "node:assert/strict";
import { openGauges } from "../../src/daemon/gauges.ts";
import { ONLY_LISTED } from "../../src/daemon/only_listed.ts";
import { statusOf } from "../../src/daemon/status.ts";
import { realClock } from "../../src/platform/real/clock.ts";
import { type Neighbour, Neighbours } from "../support/neighbours.ts";
import { waitFor } from "../support/wait.ts";

/** The state of its folder in the status, and why it waits. */
function stateOf({ device, name, home }: Neighbour): string {
  const context = { home, name, startedMs: 0, openInvites: 0, gauges: openGauges(realClock()) };
  const { state } = statusOf(device, context).folders[0]!;
  return state.kind === "waiting" ? state.reason : state.kind;
}

Deno.test("a folder that is empty here is not up to date while all others only list theirs, and is when there is nothing or somebody gives", async () => {
  await using all = await Neighbours.open("lists", "empty");
  const [lists, empty] = all.all as [Neighbour, Neighbour];
  const changes = (mode: "index" | "sync") => lists.device.folders.get(lists.folder)!.modes.change(mode);
  await changes("index");
  await all.settle();
  assert.equal(stateOf(empty), "up-to-date", "there is nothing");
  lists.write("a.txt", "listed");
  await all.settle();
  await waitFor("it to be told", () => stateOf(empty) === ONLY_LISTED);
  assert.equal(stateOf(lists), "up-to-date", "who lists has all that it has");
  await changes("sync");
  await all.settle();
  await waitFor("it to be given", () => stateOf(empty) === "up-to-date");
});
