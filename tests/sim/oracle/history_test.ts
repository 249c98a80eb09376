/** What the oracle takes an act of a user for: it must not blame the product for what nobody did. */
import assert from "node:assert/strict";
import { History } from "./history.ts";

const sure = () => true;

Deno.test("who goes on writing into a conflict copy has not replaced a copy of the same bytes at another path (seed 743321)", () => {
  const history = new History();
  const content = "f:T49";
  // Written into f1 and, on the same device, copied to t. Then f1 loses, and its program writes on into what is the copy by now.
  const written = history.act(0, "f1", content, []);
  const copied = history.act(0, "t", content, []);
  const copy = "f1.conflict-20260302-3ddc7621";
  const standing = history.standingFor(copy, content);
  assert.deepEqual(standing, [written]);
  history.supersede(standing, 0);
  history.act(0, copy, "f:T49 and the rest", standing);
  assert.equal(copied.supersededOn.size, 0);
  assert.equal(history.whyNotThere("t", content, sure), null, "nobody took away what was copied to t");
  assert.match(history.whyNotThere("f1", content, sure)!, /f1 has come back/);
});

Deno.test("a content at a path where nobody put it stands for all that is equal to it", () => {
  const history = new History();
  const acts = [history.act(0, "a", "f:1", []), history.act(1, "b", "f:1", [])];
  assert.deepEqual(history.standingFor("c", "f:1"), acts);
});
