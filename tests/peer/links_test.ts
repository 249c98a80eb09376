/** Many links of one device, and many calls for one: bounds on both. */
import assert from "node:assert/strict";
import { CairnError } from "../../src/core/errors.ts";
import { PENDING_SESSIONS } from "../../src/core/limits.ts";
import { createIdentity, deviceIdOf } from "../../src/peer/identity.ts";
import { openSession, type Session } from "../../src/peer/session.ts";
import { LEAST_BETWEEN_MS, Links } from "../../src/peer/links.ts";
import type { Net, SecureLink } from "../../src/platform/ports.ts";
import { realRandom } from "../../src/platform/real/random.ts";
import { manualClock, settle } from "../support/clock.ts";
import { deviceOf } from "../support/entries.ts";
import { linkPair } from "../support/links.ts";
import { dialler, greeting, listener, sessionOf } from "../support/sessions.ts";

const identity = await createIdentity(realRandom());

async function listening() {
  let accept: (link: SecureLink) => void = () => {};
  const net = {
    listen: (_port: number, _identity: unknown, _protocols: unknown, take: typeof accept) => {
      accept = take;
      return Promise.resolve({ port: 1, close() {} });
    },
  } as unknown as Net;
  const links = new Links({
    net,
    clock: manualClock(),
    identity,
    greeting: greeting(),
    members: () => [],
    addresses: () => [],
    pairing: () => {},
    opened: () => {},
    refused: () => {},
    changed: () => {},
  });
  await links.listen(0);
  return { links, connect: (certificate: Uint8Array | null) => dialIn(accept, certificate) };
}

/** The other end of a link that says nothing; true once it was cut. */
function dialIn(accept: (link: SecureLink) => void, certificate: Uint8Array | null): { cut: boolean } {
  const [mine, theirs] = linkPair({ certificates: [certificate, listener] });
  const state = { cut: false };
  mine.onClose(() => state.cut = true);
  accept(theirs);
  return state;
}

Deno.test("a device that connects by the hundred and says nothing keeps its newest few links (invariant 10)", async () => {
  const { links, connect } = await listening();
  const other = connect(identity.certificateDer);
  const many = Array.from({ length: 100 }, () => connect(dialler));
  await settle();
  assert.equal(many.filter(({ cut }) => !cut).length, PENDING_SESSIONS);
  assert.ok(many.slice(-PENDING_SESSIONS).every(({ cut }) => !cut), "the newest stay");
  assert.ok(!other.cut, "and nobody else's go");
  assert.equal(links.metOurselves, 1, "one of them showed our own certificate");
  links.close();
});

Deno.test("beacons in a device's name, as many as may be, make us dial it four times a second and no more (invariant 10)", async () => {
  const clock = manualClock();
  const device = deviceOf(1);
  let dials = 0;
  const links = new Links({
    net: { dial: () => Promise.reject(new Error(`nobody is there, ${++dials}`)) } as unknown as Net,
    clock,
    identity,
    greeting: greeting(),
    members: () => [device],
    addresses: () => ["192.0.2.1:1"],
    pairing: () => {},
    opened: () => {},
    refused: () => {},
    changed: () => {},
  });
  const sighting = { device, addresses: [], instance: 1, inviting: false, lastHeardMs: 0 };
  // The first at once; the eleventh would come with the last moment.
  for (let ms = 5; ms < 10 * LEAST_BETWEEN_MS; ms += 5) {
    links.sighted(sighting);
    await clock.advance(5);
  }
  assert.equal(dials, 10);
  links.close();
});

Deno.test("a device that has taken over the address of one that is away keeps its session with us", async () => {
  const clock = manualClock();
  const [there, away] = [deviceIdOf(listener), deviceOf(1)];
  const opened: Session[] = [];
  const links = new Links({
    net: {
      dial: () => {
        const [ours, theirs] = linkPair({ certificates: [identity.certificateDer, listener] });
        void openSession(theirs, "accepted", greeting(), clock);
        return Promise.resolve(ours);
      },
    } as unknown as Net,
    clock,
    identity,
    greeting: greeting(),
    members: () => [there, away],
    addresses: () => ["192.0.2.1:1"],
    pairing: () => {},
    opened: (session) => opened.push(session),
    refused: () => {},
    changed: () => {},
  });
  links.refresh();
  for (let ms = 0; ms < 5_000; ms += 50) await clock.advance(50);
  assert.deepEqual(opened.map(({ ending }) => ending), [null]);
  assert.equal(links.session(there), opened[0]);
  assert.match(links.reason(away), /another device answers/);
  links.close();
});

const refusing = () => {
  throw new CairnError("catalogue-broken", "Cannot use the catalogue: disk I/O error");
};

Deno.test("while the home's disk does not tell where a device is, it is tried again, and `reason` says why", async () => {
  const clock = manualClock();
  const device = deviceOf(1);
  let dials = 0;
  let addresses: () => string[] = refusing;
  const links = new Links({
    net: { dial: () => Promise.reject(new Error(`nobody is there, ${++dials}`)) } as unknown as Net,
    clock,
    identity,
    greeting: greeting(),
    members: () => [device],
    addresses: () => addresses(),
    pairing: () => {},
    opened: () => {},
    refused: () => {},
    changed: () => {},
  });
  links.refresh();
  await clock.advance(2_000);
  assert.equal(dials, 0);
  assert.match(links.reason(device), /disk I\/O error/);
  addresses = () => ["192.0.2.1:1"];
  await clock.advance(5_000);
  assert.ok(dials > 0);
  links.close();
});

Deno.test("a session that the home's disk does not let begin ends, on either side, and nothing else does", async () => {
  for (const refused of ["admit", "opened"] as const) {
    const clock = manualClock();
    const links = new Links({
      net: {
        listen: (
          _port: number,
          _identity: unknown,
          _protocols: unknown,
          take: (link: SecureLink) => void,
        ) => {
          accept = take;
          return Promise.resolve({ port: 1, close() {} });
        },
      } as unknown as Net,
      clock,
      identity,
      greeting: greeting({}, refused === "admit" ? refusing : () => null),
      members: () => [],
      addresses: () => [],
      pairing: () => {},
      opened: () => refused === "opened" && refusing(),
      refused: () => {},
      changed: () => {},
    });
    let accept: (link: SecureLink) => void = () => {};
    await links.listen(0);
    const [mine, theirs] = linkPair({ certificates: [dialler, listener] });
    const opened = openSession(mine, "dialled", greeting(), clock);
    accept(theirs);
    await settle();
    const answer = await opened;
    if (refused === "opened") assert.match(sessionOf(answer).ending?.reason ?? "", /disk/);
    else assert.ok("refusal" in answer);
    assert.deepEqual(links.sessions(), []);
    links.close();
  }
});
