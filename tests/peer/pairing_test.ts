import assert from "node:assert/strict";
import { JOIN_WAIT_MS } from "../../src/core/limits.ts";
import { encodeFrame } from "../../src/peer/frame.ts";
import { joinWith, PAIR, type Parties, proofOf, stretch } from "../../src/peer/pairing.ts";
import { fromHex, toHex } from "../../src/core/ids.ts";
import { manualClock, settle } from "../support/clock.ts";
import { linkPair } from "../support/links.ts";
import { waitFor } from "../support/wait.ts";
import {
  attempt,
  host,
  invite,
  inviter,
  joiner,
  other,
  random,
  servedAs,
  text,
  wrongCode,
} from "../support/pairing.ts";

Deno.test("the right code pairs two devices, and each gets what the other says", async () => {
  const it = host();
  const code = await invite(it);
  const welcomes: string[] = [];
  const { joiner: there, inviter: here } = await attempt(it, code, {
    pieceBytes: 7,
    accept: (welcome, from) => {
      welcomes.push(
        `${new TextDecoder().decode(welcome)} from ${from.device === inviter.id ? "inviter" : "other"}`,
      );
      return Promise.resolve(null);
    },
  });
  assert.deepEqual([there, here], ["joined", "joined"]);
  assert.deepEqual(welcomes, ["welcome from inviter"]);
  assert.deepEqual(it.told, ["joiner phone"]);
  assert.equal(it.invites.isOpen(), false);
  assert.equal(it.clock.waiting, 0, "no timer is left");
});

Deno.test("a wrong code is told as such, and tells nothing else", async () => {
  const it = host();
  await invite(it);
  const { joiner: there, inviter: here, links } = await attempt(it, wrongCode);
  assert.deepEqual([there, here], ["wrong-code", "wrong-code"]);
  assert.deepEqual(it.told, []);
  const said = links.flatMap(({ written }) => written).map((bytes) => new TextDecoder().decode(bytes)).join(
    "",
  );
  assert.ok(!said.includes("phone") && !said.includes("welcome"));
  assert.equal(it.invites.isOpen(), true);
});

Deno.test("a man in the middle with certificates of his own gets nothing, from either side (R33)", async () => {
  const it = host();
  const code = await invite(it);
  const middle = other.certificateDer;
  const [joinerEnd, front] = linkPair({ certificates: [joiner.certificateDer, middle] });
  const [back, inviterEnd] = linkPair({ certificates: [middle, inviter.certificateDer] });
  front.onData((bytes) => back.write(bytes));
  back.onData((bytes) => front.write(bytes));
  front.onClose(() => back.close());
  back.onClose(() => front.close());
  const [joined, served] = await Promise.all([
    joinWith(joinerEnd, {
      identity: joiner,
      code,
      info: text.encode("phone"),
      clock: it.clock,
      random,
      accept: () => assert.fail(),
    }),
    it.invites.serve(inviterEnd),
  ]);
  assert.ok("refusal" in joined);
  assert.equal(servedAs(served), "wrong-code");
  assert.deepEqual(it.told, []);
  assert.ok(
    !front.written.concat(back.written).some((bytes) => new TextDecoder().decode(bytes).includes("phone")),
  );
});

Deno.test("an inviter that does not know the code is found out and told nothing", async () => {
  const clock = manualClock();
  const [link, impostor] = linkPair({ certificates: [joiner.certificateDer, other.certificateDer] });
  const nonce = new Uint8Array(32);
  impostor.onData(() => {});
  for (const frame of [encodeFrame(PAIR.ready, 0, { nonce }), encodeFrame(PAIR.answer, 0, { mac: nonce })]) {
    for (const part of frame.parts) impostor.write(part);
  }
  const joined = await joinWith(link, {
    identity: joiner,
    code: wrongCode,
    info: text.encode("phone"),
    clock,
    random,
    accept: () => assert.fail("the welcome of an impostor was taken"),
  });
  assert.ok("refusal" in joined && joined.refusal.code === "impostor");
  assert.ok(!link.written.some((bytes) => new TextDecoder().decode(bytes).includes("phone")));
});

Deno.test("a proof of one role is not taken for the other, and depends on every part", async () => {
  const key = await stretch(wrongCode, inviter.id);
  const parties: Parties = {
    inviter: inviter.id,
    joiner: joiner.id,
    joinerNonce: new Uint8Array(32).fill(1),
    inviterNonce: new Uint8Array(32).fill(2),
  };
  const proofs = [
    proofOf(key, "joiner", parties),
    proofOf(key, "inviter", parties),
    proofOf(key, "joiner", { ...parties, joiner: other.id }),
    proofOf(key, "joiner", { ...parties, inviter: other.id }),
    proofOf(key, "joiner", { ...parties, joinerNonce: new Uint8Array(32) }),
    proofOf(key, "joiner", { ...parties, inviterNonce: new Uint8Array(32) }),
    proofOf(await stretch(wrongCode, other.id), "joiner", parties),
  ];
  assert.equal(new Set(proofs.map(toHex)).size, proofs.length);
});

Deno.test("key and proof have the bytes of the fixture", async () => {
  const url = new URL("../fixtures/pairing.json", import.meta.url);
  const fixture = JSON.parse(Deno.readTextFileSync(url));
  const key = await stretch(fixture.code, fixture.inviter);
  const parties = {
    inviter: fixture.inviter,
    joiner: fixture.joiner,
    joinerNonce: fromHex(fixture.joinerNonce),
    inviterNonce: fromHex(fixture.inviterNonce),
  };
  assert.equal(toHex(key), fixture.key);
  assert.equal(toHex(proofOf(key, "joiner", parties)), fixture.joinerProof);
  assert.equal(toHex(proofOf(key, "inviter", parties)), fixture.inviterProof);
});

Deno.test("a device is not paired with itself (R33)", async () => {
  const it = host();
  const code = await invite(it);
  const { joiner: there, inviter: here } = await attempt(it, code, { as: inviter });
  assert.deepEqual([there, here], ["own-certificate", "own-certificate"]);
});

Deno.test("what the inviter's or the joiner's side refuses is told to the other, with its hint (R34)", async () => {
  const refusal = { code: "library-conflict", message: "Both have libraries", hint: "Leave one of them." };
  const refusing = host({ welcome: () => Promise.resolve(refusal) });
  const first = await attempt(refusing, await invite(refusing));
  assert.deepEqual([first.joiner, first.inviter], ["library-conflict", "library-conflict"]);
  const it = host();
  const code = await invite(it);
  const second = await attempt(it, code, { accept: () => Promise.resolve(refusal) });
  assert.deepEqual([second.joiner, second.inviter], ["library-conflict", "library-conflict"]);
  assert.equal((await attempt(it, code)).joiner, "joined");
});

Deno.test("the joiner waits JOIN_WAIT_MS and no longer (R33)", async () => {
  const clock = manualClock();
  const [link, silent] = linkPair({ certificates: [joiner.certificateDer, inviter.certificateDer] });
  let heard = 0;
  silent.onData(() => heard++);
  let closed = false;
  silent.onClose(() => closed = true);
  const joining = joinWith(link, {
    identity: joiner,
    code: wrongCode,
    info: new Uint8Array(0),
    clock,
    random,
    accept: () => assert.fail(),
  });
  await waitFor("the joiner speaks", () => heard > 0);
  await clock.advance(JOIN_WAIT_MS - 1);
  assert.equal(closed, false);
  await clock.advance(1);
  const joined = await joining;
  assert.ok("refusal" in joined && joined.refusal.code === "no-answer");
  await settle();
  assert.equal(closed, true);
  assert.equal(clock.waiting, 0);
});
