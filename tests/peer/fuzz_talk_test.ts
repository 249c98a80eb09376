/** Peers that do not take turns: sessions and invites stand whatever is said to them. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { INVITE_TRIES } from "../../src/core/limits.ts";
import { encodeFrame } from "../../src/peer/frame.ts";
import { PAIR } from "../../src/peer/pairing.ts";
import { settle } from "../support/clock.ts";
import { hostile } from "../support/hostile.ts";
import { linkPair } from "../support/links.ts";
import { host, inviter, other, servedAs } from "../support/pairing.ts";
import { rawPeer } from "../support/sessions.ts";

const message = fc.record({
  type: fc.constantFrom(0, 1, 2, 3, 4, 5, 6, 7, 15, 16, 17, 18, 20, 21, 99, 255),
  tag: fc.oneof(
    fc.constantFrom(0, 1, 2 ** 29, 2 ** 30, 2 ** 31, 2 ** 31 + 1, 2 ** 32 - 1),
    fc.nat(2 ** 32 - 1),
  ),
  header: hostile,
  raw: fc.uint8Array({ maxLength: 50 }),
});

Deno.test("a session lives or ends in order, whatever a member sends in whatever order", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 12 }), async (messages) => {
      const { session, endings, say, clock } = await rawPeer();
      let asked = 0;
      session.onMessage(({ requestId, lane, size }) => {
        session.consumed(lane, size);
        if (requestId !== 0 && asked++ % 2 === 0) session.answer(requestId, "bulk", 21, null);
      });
      for (const { type, tag, header, raw } of messages) say(type, tag, header, raw);
      await settle();
      assert.equal(session.ending === null, endings.length === 0);
      session.close("enough");
      assert.equal(endings.length, 1);
      assert.equal(clock.waiting, 0, "no timer is left");
    }),
    { numRuns: 300 },
  );
});

const turn = fc.record({
  type: fc.constantFrom(0, ...Object.values(PAIR), 8, 9, 255),
  tag: fc.constantFrom(0, 0, 0, 1, 2 ** 31),
  header: fc.oneof(
    hostile,
    fc.constant({ version: 1, nonce: new Uint8Array(32) }),
    fc.constant({ mac: new Uint8Array(31) }),
    fc.constant({ mac: "x" }),
  ),
  raw: fc.uint8Array({ maxLength: 100 }),
});

Deno.test("an invite refuses or forgets whoever talks out of turn, and junk is no try (R33)", async () => {
  const it = host();
  await it.invites.create();
  await fc.assert(
    fc.asyncProperty(fc.array(turn, { minLength: 1, maxLength: 5 }), async (turns) => {
      const [link, served] = linkPair({ certificates: [other.certificateDer, inviter.certificateDer] });
      const serving = it.invites.serve(served);
      link.onData(() => {});
      for (const { type, tag, header, raw } of turns) {
        for (const part of encodeFrame(type, tag, header, raw).parts) link.write(part);
      }
      await settle();
      link.cut("gone");
      assert.notEqual(servedAs(await serving), "joined");
    }),
    { numRuns: 300 },
  );
  assert.ok(it.invites.isOpen(), `junk does not close an invite, unlike ${INVITE_TRIES} wrong proofs`);
  assert.deepEqual(it.told, []);
});
