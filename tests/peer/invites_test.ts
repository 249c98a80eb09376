import assert from "node:assert/strict";
import { CairnError } from "../../src/core/errors.ts";
import { HANDSHAKE_MS, INVITE_MS, INVITE_TRIES, OPEN_INVITES } from "../../src/core/limits.ts";
import { type PairingCode } from "../../src/core/pairing_code.ts";
import { encodeFrame } from "../../src/peer/frame.ts";
import { PAIR } from "../../src/peer/pairing.ts";
import { settle } from "../support/clock.ts";
import { linkPair } from "../support/links.ts";
import { attempt, host, invite, inviter, other, servedAs, text, wrongProof } from "../support/pairing.ts";

Deno.test("each of several open invites works, and OPEN_INVITES is the limit (invariant 10)", async () => {
  const it = host();
  const codes: PairingCode[] = [];
  for (let i = 0; i < OPEN_INVITES; i++) codes.push(await invite(it));
  await assert.rejects(it.invites.create(), (error: CairnError) => error.code === "usage");
  for (const code of codes.reverse()) {
    assert.equal((await attempt(it, code)).joiner, "joined");
    await it.clock.advance(2000);
  }
  assert.equal(it.invites.isOpen(), false);
});

Deno.test("invites that are being made count too", async () => {
  const it = host();
  const made = await Promise.allSettled(Array.from({ length: OPEN_INVITES + 1 }, () => it.invites.create()));
  assert.equal(made.filter(({ status }) => status === "fulfilled").length, OPEN_INVITES);
});

Deno.test("a used code is refused to another device, and to the same one when it was done", async () => {
  const it = host();
  const code = await invite(it);
  await invite(it); // keeps the door open
  assert.equal((await attempt(it, code)).joiner, "joined");
  assert.equal((await attempt(it, code, { as: other })).joiner, "code-used");
  assert.equal((await attempt(it, code)).joiner, "code-used");
});

Deno.test("a device that crashed in mid-pairing may repeat its code; another may not take it (R33)", async () => {
  const it = host();
  const code = await invite(it);
  const crashed = await attempt(it, code, { accept: () => Promise.reject(new Error("crash")) });
  assert.equal(crashed.joiner, "internal");
  assert.equal((await attempt(it, code, { as: other })).joiner, "code-used");
  assert.equal((await attempt(it, code)).joiner, "joined");
});

Deno.test("an expired code is told as such to who knows it, while another invite is open", async () => {
  const it = host();
  const code = await invite(it);
  await it.clock.advance(INVITE_MS - 1000);
  await invite(it);
  assert.equal(it.invites.isOpen(), true);
  await it.clock.advance(1000);
  assert.equal((await attempt(it, code)).joiner, "code-expired");
});

Deno.test("an invite closes by itself when it expires, and says so", async () => {
  const it = host();
  const code = await invite(it);
  const before = it.changes;
  await it.clock.advance(INVITE_MS);
  assert.equal(it.invites.isOpen(), false);
  assert.equal(it.changes, before + 1);
  assert.equal((await attempt(it, code)).joiner, "not-inviting");
});

Deno.test("withdrawn invites are closed at once", async () => {
  const it = host();
  const code = await invite(it);
  it.invites.withdraw();
  assert.equal(it.invites.isOpen(), false);
  assert.equal((await attempt(it, code)).joiner, "not-inviting");
  assert.equal(it.clock.waiting, 0);
});

Deno.test("INVITE_TRIES wrong codes close the invite, one less does not (R33)", async () => {
  const it = host();
  const code = await invite(it);
  for (let tries = 1; tries < INVITE_TRIES; tries++) {
    assert.equal(await wrongProof(it), "wrong-code");
    await it.clock.advance(1000);
  }
  assert.equal(it.invites.isOpen(), true);
  assert.equal(await wrongProof(it), "wrong-code");
  assert.equal(it.invites.isOpen(), false);
  await invite(it);
  await it.clock.advance(1000);
  assert.equal((await attempt(it, code)).joiner, "too-many-tries");
});

Deno.test("the right code works after nearly all tries", async () => {
  const it = host();
  const code = await invite(it);
  for (let tries = 1; tries < INVITE_TRIES; tries++) {
    await wrongProof(it);
    await it.clock.advance(1000);
  }
  assert.equal((await attempt(it, code)).joiner, "joined");
});

Deno.test("tries that come too fast are not looked at, right or wrong, and do not count", async () => {
  const it = host();
  const code = await invite(it);
  const outcomes: string[] = [];
  for (let tries = 0; tries < 8; tries++) outcomes.push(await wrongProof(it));
  assert.deepEqual(outcomes, [...Array(5).fill("wrong-code"), "busy", "busy", "busy"]);
  assert.equal((await attempt(it, code)).joiner, "busy");
  await it.clock.advance(1000);
  assert.equal((await attempt(it, code)).joiner, "joined");
});

Deno.test("junk connections are no tries, whatever they send, and end (R33)", async () => {
  const it = host();
  const code = await invite(it);
  const nonce = new Uint8Array(32);
  const junk: Uint8Array[][] = [
    [new Uint8Array(0)],
    [text.encode("GET / HTTP/1.1\r\n\r\n")],
    [new Uint8Array(10_000)],
    [...encodeFrame(PAIR.ask, 0, null).parts],
    [...encodeFrame(PAIR.ask, 0, { version: 1, nonce: "no bytes" }).parts],
    [...encodeFrame(PAIR.ask, 0, { version: 9, nonce }).parts],
    [...encodeFrame(PAIR.proof, 0, { mac: nonce }).parts],
    [
      ...encodeFrame(PAIR.ask, 0, { version: 1, nonce }).parts,
      ...encodeFrame(PAIR.proof, 0, { mac: "x" }).parts,
    ],
    [...encodeFrame(PAIR.ask, 0, { version: 1, nonce }).parts, ...encodeFrame(PAIR.info, 0, null).parts],
    Array.from({ length: 9 }, () => encodeFrame(PAIR.ask, 0, { version: 1, nonce }).parts[0]!),
  ];
  for (let round = 0; round < 3; round++) {
    for (const bytes of junk) {
      const [link, served] = linkPair({ certificates: [other.certificateDer, inviter.certificateDer] });
      link.onData(() => {});
      for (const part of bytes) link.write(part);
      const serving = it.invites.serve(served);
      await settle();
      await it.clock.advance(HANDSHAKE_MS);
      assert.notEqual(servedAs(await serving), "wrong-code");
    }
  }
  assert.equal((await attempt(it, code)).joiner, "joined");
});

Deno.test("many idle connections do not keep a joiner out, and each ends", async () => {
  const it = host();
  const code = await invite(it);
  const idle = Array.from({ length: 100 }, () => {
    const [link, served] = linkPair({ certificates: [other.certificateDer, inviter.certificateDer] });
    link.onData(() => {});
    return it.invites.serve(served);
  });
  assert.equal((await attempt(it, code)).joiner, "joined");
  await it.clock.advance(HANDSHAKE_MS);
  assert.equal((await Promise.all(idle)).length, 100);
});
