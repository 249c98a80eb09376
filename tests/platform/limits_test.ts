import assert from "node:assert/strict";
import { createIdentity } from "../../src/peer/identity.ts";
import { openSession, type Session } from "../../src/peer/session.ts";
import { Throttle } from "../../src/peer/throttle.ts";
import { realClock } from "../../src/platform/real/clock.ts";
import { realNet } from "../../src/platform/real/net.ts";
import { isIn, subnetsOf } from "../../src/platform/real/lan.ts";
import { realRandom } from "../../src/platform/real/random.ts";
import { greeting, sessionOf } from "../support/sessions.ts";
import { waitFor } from "../support/wait.ts";

const FRAME = 32 * 1024;
const RATE = 512 * 1024;
const FRAMES = 48;

for (const limited of ["up", "down"] as const) {
  Deno.test(`over loopback no more goes ${limited} than the limit says, and all comes`, async () => {
    const net = realNet();
    const clock = realClock();
    const [ours, theirs] = await Promise.all([createIdentity(realRandom()), createIdentity(realRandom())]);
    const throttle = new Throttle(clock, {
      rate: (direction, device) => direction === limited && device === null ? RATE : null,
      isExempt: () => false,
    });
    let got = 0;
    let startMs = Infinity;
    let most = 0;
    const sessions: Session[] = [];
    const listener = await net.listen(0, theirs, ["cairn/1"], async (link) => {
      const paces = limited === "down" ? () => throttle.paces(ours.id, link.remote) : undefined;
      const session = sessionOf(await openSession(link, "accepted", greeting(), clock, paces));
      sessions.push(session);
      session.onMessage(({ lane, raw, size }) => {
        got += raw.length;
        // Tokens of a second may have gathered, a share and a frame be under way.
        const allowed = RATE * ((clock.monotonic() - startMs) / 1000 + 2) + 2 * FRAME;
        most = Math.max(most, got / allowed);
        session.consumed(lane, size);
      });
    });
    startMs = clock.monotonic();
    const link = await net.dial(`127.0.0.1:${listener.port}`, ours, "cairn/1", 10_000);
    const paces = limited === "up" ? () => throttle.paces(theirs.id, link.remote) : undefined;
    const session = sessionOf(await openSession(link, "dialled", greeting(), clock, paces));
    sessions.push(session);
    session.onMessage(() => {});
    for (let i = 0; i < FRAMES; i++) session.send("bulk", 16, i, new Uint8Array(FRAME));
    await waitFor("all to come", () => got === FRAMES * FRAME, 60_000);
    assert.ok(most <= 1, `${most} times what is allowed`);
    for (const one of sessions) one.close("done");
    throttle.stop();
    listener.close();
  });
}

Deno.test("in the same network is what is in a subnet of an interface, on this computer or link-local, and nothing else", () => {
  const list = subnetsOf([
    { address: "192.168.1.20", cidr: "192.168.1.20/24", family: "IPv4" },
    { address: "2001:db8:1::20", cidr: "2001:db8:1::20/64", family: "IPv6" },
    { address: "100.64.0.9", cidr: "100.64.0.9/32", family: "IPv4" },
    { address: "10.0.0.1", cidr: null, family: "IPv4" },
  ]);
  const near = [
    "192.168.1.7",
    "2001:db8:1::7",
    "127.0.0.1",
    "::1",
    "fe80::7%eth0",
    "[fe80::7]",
    "169.254.3.4",
  ];
  const far = ["192.168.2.7", "10.0.0.7", "100.64.0.8", "2001:db8:2::7", "8.8.8.8", "nas.local", "", "?"];
  assert.deepEqual(near.filter((host) => !isIn(list, host)), []);
  assert.deepEqual(far.filter((host) => isIn(list, host)), []);
});
