import assert from "node:assert/strict";
import { CairnError } from "../../src/core/errors.ts";
import { membershipOf } from "../../src/library/members.ts";
import { refusalFor, takeProof } from "../../src/library/refusals.ts";
import { confirmDevice, deviceNamed, removeDevice } from "../../src/library/removal.ts";
import { libraryOf, welcome } from "../../src/library/joining.ts";
import { additionField } from "../../src/library/member_ops.ts";
import { type Device, device, gossip, info, join, sharedBy, standing, tell } from "../support/libraries.ts";

const FAR_MS = Date.UTC(2099, 0, 1);

function remove(by: Device, name: string, nowMs = 1_000, isLeaving = false) {
  return removeDevice(by.ledger, by.identity, name, nowMs, isLeaving);
}

function confirm(by: Device, name: string) {
  return confirmDevice(by.ledger, by.identity, name);
}

function refusal(by: Device, of: Device) {
  return refusalFor(by.ledger.catalogue, by.identity.id, of.identity.id);
}

async function refuses(work: Promise<unknown>, code: string, words: RegExp): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.ok(error instanceof CairnError);
    assert.equal(error.code, code);
    assert.match(`${error.message} ${error.hint}`, words);
    return true;
  });
}

/** Three devices: `a` has founded the library and let in both others. */
async function three(): Promise<{ a: Device; b: Device; c: Device } & AsyncDisposable> {
  const [a, b, c] = [await device(0, "laptop"), await device(1, "phone"), await device(2, "tablet")];
  await join(a, b);
  await join(a, c);
  await gossip(a, b, c);
  return {
    a,
    b,
    c,
    async [Symbol.asyncDispose]() {
      for (const one of [a, b, c]) await one[Symbol.asyncDispose]();
    },
  };
}

Deno.test("a removed device is refused by all that have heard of it, with who and what to do (R32)", async () => {
  await using it = await three();
  await remove(it.a, "phone");
  await tell(it.a, it.c);
  for (const by of [it.a, it.c]) {
    const refused = refusal(by, it.b);
    assert.equal(refused?.code, "removed");
    assert.match(refused!.message, /removed from the library by laptop/);
    assert.match(refused!.hint, /cairn join/);
  }
  assert.equal(refusal(it.a, it.c), null);
});

Deno.test("the refusal shows the removed device what was signed: it believes that, and no word without it (R32)", async () => {
  await using it = await three();
  await remove(it.a, "phone", 7_000);
  const { proof } = refusal(it.a, it.b)!;
  const parties = [it.a.identity.id, it.b.identity.id];
  assert.equal(await takeProof(it.b.ledger, parties, proof!.slice(0, 90)), false);
  assert.equal(standing(it.b, it.b), "member");
  assert.equal(await takeProof(it.b.ledger, parties, proof!), true);
  assert.deepEqual(membershipOf(it.b.ledger.catalogue).standing(it.b.identity.id), {
    kind: "removed",
    by: it.a.identity.id,
    timeMs: 7_000,
  });
  const lsn = it.b.ledger.lastLsn;
  assert.equal(await takeProof(it.b.ledger, parties, proof!), false);
  assert.equal(it.b.ledger.lastLsn, lsn, "what is known is not written again");
  // Whoever still knows nothing of it and calls is told by the removed device itself.
  const told = refusal(it.b, it.c)!;
  assert.equal(await takeProof(it.c.ledger, [it.b.identity.id, it.c.identity.id], told.proof!), true);
  assert.equal(standing(it.b, it.c), "removed");
});

Deno.test("a proof that concerns neither side is not written down", async () => {
  await using it = await three();
  await remove(it.a, "phone");
  const { proof } = refusal(it.a, it.b)!;
  const lsn = it.c.ledger.lastLsn;
  assert.equal(await takeProof(it.c.ledger, [it.a.identity.id, it.c.identity.id], proof!), false);
  assert.equal(it.c.ledger.lastLsn, lsn);
});

Deno.test("a removed device is not welcome again, even with a good code (R32)", async () => {
  await using it = await three();
  await remove(it.a, "phone");
  const answer = await welcome(it.a.ledger, it.a.identity, it.b.paired, info(it.b));
  assert.ok(!(answer instanceof Uint8Array));
  assert.equal(answer.code, "removed");
  assert.ok(answer.proof !== undefined);
});

Deno.test("a removed device removes, confirms and welcomes nobody any more", async () => {
  await using it = await three();
  await remove(it.a, "phone");
  await tell(it.a, it.b);
  await refuses(remove(it.b, "tablet"), "removed", /--again/);
  await refuses(confirm(it.b, "tablet"), "removed", /--again/);
  await using stranger = await device(3);
  const answer = await welcome(it.b.ledger, it.b.identity, stranger.paired, info(stranger));
  assert.ok(!(answer instanceof Uint8Array));
  assert.equal(answer.code, "other-removed");
});

Deno.test("devices that remove each other at once are both removed (R32)", async () => {
  await using it = await three();
  await remove(it.a, "phone");
  await remove(it.b, "laptop");
  await gossip(it.a, it.b, it.c);
  for (const by of [it.a, it.b, it.c]) {
    assert.deepEqual([it.a, it.b, it.c].map((of) => standing(of, by)), ["removed", "removed", "member"]);
  }
});

Deno.test("what a removed device let in unseen is suspended everywhere, and a member once one has confirmed it (R32)", async () => {
  await using it = await three();
  await using late = await device(3, "stranger");
  await join(it.b, late);
  await remove(it.a, "phone");
  await gossip(it.a, it.b, it.c, late);
  for (const by of [it.a, it.b, it.c, late]) assert.equal(standing(late, by), "suspended");
  assert.equal(refusal(it.c, late)?.code, "suspended");
  await refuses(remove(late, "tablet"), "suspended", /Confirm it on another/);
  await refuses(confirm(late, "stranger"), "suspended", /Confirm it on another/);
  assert.equal((await confirm(it.c, "stranger")).device, late.identity.id);
  await gossip(it.a, it.b, it.c, late);
  for (const by of [it.a, it.b, it.c, late]) assert.equal(standing(late, by), "member");
  await refuses(confirm(it.c, "stranger"), "usage", /member already/);
});

Deno.test("what the remover had seen stays, and it is told whom the removed device had let in", async () => {
  await using it = await three();
  await using fourth = await device(3, "desktop");
  await join(it.b, fourth);
  await gossip(it.a, it.b, it.c, fourth);
  const { device: removed, letIn } = await remove(it.a, "phone");
  assert.deepEqual([removed.name, letIn.map(({ name }) => name)], ["phone", ["desktop"]]);
  await gossip(it.a, it.c, fourth);
  assert.equal(standing(fourth, it.c), "member");
});

Deno.test("the founder can be removed; whom it had let in stays", async () => {
  await using it = await three();
  await remove(it.b, "laptop");
  await gossip(it.a, it.b, it.c);
  assert.deepEqual([it.a, it.b, it.c].map((of) => standing(of, it.c)), ["removed", "member", "member"]);
});

Deno.test("a removed device with its clock in 2099 that reinstates itself and invites another gets nowhere (R32)", async () => {
  await using it = await three();
  await using fourth = await device(3, "accomplice");
  await remove(it.a, "phone");
  // It has heard nothing, and says everything that it can with the latest stamps that there are.
  it.b.clock.nowMs = FAR_MS;
  await join(it.b, fourth);
  const again = membershipOf(it.b.ledger.catalogue);
  assert.equal(again.standing(fourth.identity.id)?.kind, "member");
  await remove(it.b, "laptop", FAR_MS);
  await remove(it.b, "phone", FAR_MS, true);
  const { ledger, identity } = it.b;
  const itself = additionField(
    identity,
    libraryOf(ledger)!,
    identity.id,
    identity.certificateDer,
    ledger.mintStamp(),
  );
  await ledger.commit({ type: "shared", fields: [itself] });
  // Nobody that knows of its removal talks to it. One that does not passes all of it on.
  await tell(it.b, it.c);
  await tell(fourth, it.c);
  await gossip(it.a, it.c);
  assert.ok(
    sharedBy(it.c).some(({ field, key }) => key === identity.id && field === itself.field),
    "it was heard",
  );
  for (const by of [it.a, it.c]) {
    assert.deepEqual([it.b, fourth].map((of) => standing(of, by)), ["removed", "suspended"]);
    assert.equal(standing(it.c, by), "member");
    for (const gone of [it.b, fourth]) assert.notEqual(refusal(it.c, gone), null);
  }
});

Deno.test("leaving is removing oneself, and asked for in so many words", async () => {
  await using it = await three();
  await refuses(remove(it.b, "phone"), "usage", /--self/);
  await refuses(remove(it.b, "tablet", 1, true), "usage", /not this device/);
  await remove(it.b, "phone", 1, true);
  await gossip(it.a, it.b, it.c);
  assert.equal(standing(it.b, it.a), "removed");
  assert.match(refusal(it.a, it.b)!.message, /has left/);
  await using alone = await device(3, "alone");
  await refuses(remove(alone, "alone", 1, true), "usage", /only one/);
});

Deno.test("devices are named by name or by the first digits of their id; what may be several names none", async () => {
  await using a = await device(0, "laptop");
  await using b = await device(1, "phone");
  await using c = await device(2, "phone");
  await join(a, b);
  await join(a, c);
  const { catalogue } = a.ledger;
  const named = (text: string) => deviceNamed(catalogue, text).device;
  assert.equal(named("laptop"), a.identity.id);
  assert.equal(named("phone-2"), [b, c].map(({ identity }) => identity.id).sort()[1]);
  for (const one of [b, c]) assert.equal(named(one.identity.id.slice(0, 8).toUpperCase()), one.identity.id);
  const message = (text: string) => {
    try {
      return named(text);
    } catch (error) {
      assert.ok(error instanceof CairnError && error.code === "device-unknown");
      return `${error.message} ${error.hint}`;
    }
  };
  assert.match(message("phone"), /may be phone \([0-9a-f]{8}\) or phone-2 \([0-9a-f]{8}\).*first digits/);
  assert.match(message("printer"), /no device "printer"/);
  for (const name of ["laptop", "phone", "phone-2"]) {
    assert.match(message("printer"), new RegExp(`\\b${name} \\([0-9a-f]{8}\\)`));
  }
  assert.match(message(a.identity.id.slice(0, 3)), /no device/);
  await removeDevice(a.ledger, a.identity, b.identity.id.slice(0, 12), 1, false);
  assert.match(message(b.identity.id.slice(0, 8)), /was removed already/);
  assert.equal(named("phone"), c.identity.id);
});
