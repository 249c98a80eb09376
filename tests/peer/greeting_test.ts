import assert from "node:assert/strict";
import { HANDSHAKE_MS, HELLO_BYTES } from "../../src/core/limits.ts";
import { encodeFrame } from "../../src/peer/frame.ts";
import { roleThatStays } from "../../src/peer/greeting.ts";
import { deviceIdOf } from "../../src/peer/identity.ts";
import { TYPE } from "../../src/peer/messages.ts";
import { openSession, type Session } from "../../src/peer/session.ts";
import { manualClock, settle } from "../support/clock.ts";
import { linkPair } from "../support/links.ts";
import { dialler, greeting, listener, open, refusalOf, sessionOf } from "../support/sessions.ts";

Deno.test("sessions agree on the highest common version and the common capabilities", async () => {
  const { opened } = await open(
    greeting({ versions: [1, 3], capabilities: ["delta", "relay"], extra: { name: "laptop" } }),
    greeting({ versions: [2, 5], capabilities: ["relay", "drop"], extra: { name: "desktop" } }),
    1,
  );
  const [a, b] = opened.map(sessionOf) as [Session, Session];
  assert.equal(a.agreement.version, 3);
  assert.equal(b.agreement.version, 3);
  assert.deepEqual([...a.agreement.capabilities], ["relay"]);
  assert.deepEqual([...b.agreement.capabilities], ["relay"]);
  assert.equal(a.agreement.hello.extra.name, "desktop");
  assert.equal(b.agreement.hello.extra.name, "laptop");
  assert.equal(a.peer, deviceIdOf(listener));
  assert.equal(b.peer, deviceIdOf(dialler));
});

Deno.test("sessions without a common version are refused on both sides, with what to update", async () => {
  const { opened } = await open(greeting({ versions: [1, 1] }), greeting({ versions: [2, 3] }));
  const [there, here] = opened.map(refusalOf);
  assert.deepEqual([there!.by, here!.by], ["peer", "us"]);
  assert.equal(there!.refusal.code, "protocol-version");
  assert.match(there!.refusal.hint, /speaks version 1/);
});

Deno.test("a device that is no member is refused before it is told anything (invariant 7)", async () => {
  const refusal = { code: "not-a-member", message: "Not a member", hint: "Pair the devices." };
  const { opened, links } = await open(greeting(), greeting({ extra: { name: "secret" } }, () => refusal));
  assert.deepEqual(opened, [{ refusal, by: "peer" }, { refusal, by: "us" }]);
  assert.ok(!links[1].written.some((bytes) => new TextDecoder().decode(bytes).includes("secret")));
});

Deno.test("the dialling side says nothing of itself to a device it does not want", async () => {
  const refusal = { code: "not-a-member", message: "Not a member", hint: "" };
  const { opened, links } = await open(greeting({ extra: { name: "secret" } }, () => refusal), greeting());
  assert.deepEqual(opened, [{ refusal, by: "us" }, { refusal, by: "peer" }]);
  assert.ok(!links[0].written.some((bytes) => new TextDecoder().decode(bytes).includes("secret")));
});

Deno.test("the dialling side may refuse what the other's hello says", async () => {
  const refusal = { code: "library-conflict", message: "Another library", hint: "" };
  const { opened } = await open(greeting({}, (_, hello) => hello === null ? null : refusal), greeting());
  assert.deepEqual(opened[0], { refusal, by: "us" });
  const accepted = sessionOf(opened[1]);
  await settle();
  assert.deepEqual(accepted.ending, { by: "peer", reason: "Another library" });
});

Deno.test("a peer without a certificate, or with one of v1, is refused (invariant 7)", async () => {
  const v1 = dialler.slice();
  v1[v1.findIndex((byte, i) => byte === 0xa0 && v1[i + 1] === 3) + 4] = 0;
  for (const certificate of [null, v1]) {
    const [link, other] = linkPair({ certificates: [certificate, listener] });
    let asked = false;
    const never = greeting({}, () => {
      asked = true;
      return null;
    });
    link.onData(() => {});
    const { refusal } = refusalOf(await openSession(other, "accepted", never, manualClock()));
    assert.equal(refusal.code, "not-a-member");
    assert.equal(asked, false);
  }
});

Deno.test("silence, junk and too large a frame instead of a hello end the link", async () => {
  for (
    const [what, bytes] of [
      ["silence", new Uint8Array(0)],
      ["junk", new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n")],
      ["too large", encodeFrame(TYPE.hello, 0, null, new Uint8Array(HELLO_BYTES)).parts[0]!],
      ["ping first", encodeFrame(TYPE.ping, 0, null).parts[0]!],
      ["a malformed hello", encodeFrame(TYPE.hello, 0, { versions: [2, 1] }).parts[0]!],
    ] as const
  ) {
    const clock = manualClock();
    const [link, other] = linkPair({ certificates: [dialler, listener] });
    const opening = openSession(other, "accepted", greeting(), clock);
    let closed = false;
    link.onClose(() => closed = true);
    link.onData(() => {});
    if (bytes.length > 0) link.write(bytes);
    else await clock.advance(HANDSHAKE_MS);
    assert.ok("refusal" in await opening, what);
    await settle();
    assert.ok(closed, what);
    assert.equal(clock.waiting, 0, what);
  }
});

Deno.test("of two simultaneous dials both sides keep the same one (R37)", () => {
  const [low, high] = [deviceIdOf(dialler), deviceIdOf(listener)].sort();
  assert.equal(roleThatStays(low!, high!), "dialled");
  assert.equal(roleThatStays(high!, low!), "accepted");
});
