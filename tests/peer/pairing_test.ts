import assert from "node:assert/strict";
import { CairnError } from "../../src/core/errors.ts";
import { HANDSHAKE_MS, INVITE_MS, INVITE_TRIES, JOIN_WAIT_MS, OPEN_INVITES } from "../../src/core/limits.ts";
import { type PairingCode, pairingCodeOf, parsePairingCode } from "../../src/core/pairing_code.ts";
import { encodeFrame, FrameDecoder } from "../../src/peer/frame.ts";
import { createIdentity, type DeviceIdentity } from "../../src/peer/identity.ts";
import { Invites, type InvitesOptions, type Served } from "../../src/peer/invites.ts";
import { joinWith, PAIR, type Parties, proofOf, stretch } from "../../src/peer/pairing.ts";
import { realRandom } from "../../src/platform/real/random.ts";
import { fromHex, toHex } from "../../src/core/ids.ts";
import { type ManualClock, manualClock, settle } from "../support/clock.ts";
import { linkPair, type MemoryLink } from "../support/links.ts";
import { waitFor } from "../support/wait.ts";

const random = realRandom();
const inviter = await createIdentity(random);
const joiner = await createIdentity(random);
const other = await createIdentity(random);
const text = new TextEncoder();

interface Host {
  clock: ManualClock;
  invites: Invites;
  /** What `welcome` was told. */
  told: string[];
  changes: number;
}

function host(over: Partial<InvitesOptions> = {}): Host {
  const clock = manualClock();
  const it: Host = { clock, told: [], changes: 0, invites: null as unknown as Invites };
  it.invites = new Invites({
    identity: inviter,
    clock,
    random,
    welcome(paired, info) {
      it.told.push(`${paired.device === joiner.id ? "joiner" : "other"} ${new TextDecoder().decode(info)}`);
      return Promise.resolve(text.encode("welcome"));
    },
    changed: () => void it.changes++,
    ...over,
  });
  return it;
}

async function invite({ invites }: Host): Promise<PairingCode> {
  return codeOf((await invites.create()).code);
}

function codeOf(shown: string): PairingCode {
  const parsed = parsePairingCode(shown);
  assert.ok("code" in parsed);
  return parsed.code;
}

const wrongCode = pairingCodeOf(new Uint8Array(8));

/** One whole attempt; the outcomes as `joined` or the refusal's code, of the joiner and of the inviter. */
async function attempt(
  { clock, invites }: Host,
  code: PairingCode,
  { as = joiner, accept = () => Promise.resolve(null), pieceBytes = 65536 }: {
    as?: DeviceIdentity;
    accept?: Parameters<typeof joinWith>[1]["accept"];
    pieceBytes?: number;
  } = {},
): Promise<{ joiner: string; inviter: string; links: [MemoryLink, MemoryLink] }> {
  const links = linkPair({
    certificates: [as.certificateDer, inviter.certificateDer],
    protocol: "cairn-pair/1",
    pieceBytes,
  });
  const [joined, served] = await Promise.all([
    joinWith(links[0], { identity: as, code, info: text.encode("phone"), clock, random, accept }),
    invites.serve(links[1]),
  ]);
  return { joiner: "refusal" in joined ? joined.refusal.code : "joined", inviter: servedAs(served), links };
}

/** A well-formed proof that is wrong, without the joiner's 150 ms of stretching. The inviter's outcome. */
async function wrongProof({ invites }: Host): Promise<string> {
  const [link, served] = linkPair({ certificates: [other.certificateDer, inviter.certificateDer] });
  const serving = invites.serve(served);
  const say = (type: number, header: unknown) => {
    for (const part of encodeFrame(type, 0, header).parts) link.write(part);
  };
  say(PAIR.ask, { version: 1, nonce: new Uint8Array(32) });
  const decoder = new FrameDecoder(2048);
  link.onData((bytes) =>
    decoder.push(bytes, ({ type }) => {
      if (type === PAIR.ready) say(PAIR.proof, { mac: new Uint8Array(32) });
    })
  );
  return servedAs(await serving);
}

function servedAs(served: Served): string {
  return "refusal" in served ? served.refusal.code : "joined";
}

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
