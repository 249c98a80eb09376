/** Two devices that dial each other at the same time (R37), whichever greeting arrives first. */
import assert from "node:assert/strict";
import { createIdentity } from "../../src/peer/identity.ts";
import { Links } from "../../src/peer/links.ts";
import type { Session } from "../../src/peer/session.ts";
import type { Net, SecureLink } from "../../src/platform/ports.ts";
import { realRandom } from "../../src/platform/real/random.ts";
import { manualClock } from "../support/clock.ts";
import { linkPair, type MemoryLink } from "../support/links.ts";
import { greeting } from "../support/sessions.ts";

const identities = await Promise.all([createIdentity(realRandom()), createIdentity(realRandom())]);
const [low, high] = identities.sort((a, b) => a.id < b.id ? -1 : 1) as [
  typeof identities[0],
  typeof identities[0],
];

/** All orders in which four ends may be heard. */
function orders(of: readonly number[]): number[][] {
  if (of.length === 0) return [[]];
  return of.flatMap((first) => orders(of.filter((one) => one !== first)).map((rest) => [first, ...rest]));
}

Deno.test("two devices that dial each other at once end with one session, the same on both, in any order of greetings (R37)", async () => {
  for (const order of orders([0, 1, 2, 3])) {
    const clock = manualClock();
    const ends: MemoryLink[] = [];
    const open = new Set<MemoryLink>();
    const accepts = new Map<string, (link: SecureLink) => void>();
    const linksOf = (ours: typeof low, theirs: typeof low) => {
      const opened: Session[] = [];
      const links = new Links({
        net: {
          listen: (
            _port: number,
            _identity: unknown,
            _protocols: unknown,
            take: (link: SecureLink) => void,
          ) => {
            accepts.set(ours.id, take);
            return Promise.resolve({ port: 1, close() {} });
          },
          dial: () => {
            const pair = linkPair({ certificates: [ours.certificateDer, theirs.certificateDer] });
            for (const end of pair) {
              end.stall(true);
              ends.push(end);
            }
            open.add(pair[0]);
            accepts.get(theirs.id)!(pair[1]);
            return Promise.resolve(pair[0]);
          },
        } as unknown as Net,
        clock,
        identity: ours,
        greeting: greeting(),
        members: () => [theirs.id],
        addresses: () => ["192.0.2.1:1"],
        pairing: () => {},
        opened: (session) => opened.push(session),
        refused: () => {},
        changed: () => {},
      });
      return { links, opened };
    };
    const [one, two] = [linksOf(low, high), linksOf(high, low)];
    for (const { links } of [one, two]) await links.listen(0);
    for (const { links } of [one, two]) links.refresh();
    await clock.advance(1);
    assert.equal(ends.length, 4, "both have dialled before either has heard anything");
    for (const end of order) {
      ends[end]!.stall(false);
      await clock.advance(1);
    }
    await clock.advance(5_000);
    assert.equal(open.size, 2, `nobody dials again, in order ${order}`);
    const [here, there] = [one.links.session(high.id), two.links.session(low.id)];
    assert.deepEqual([here?.role, there?.role], ["dialled", "accepted"], `in order ${order}`);
    for (const { opened, links } of [one, two]) {
      const alive = opened.filter(({ ending }) => ending === null);
      assert.deepEqual(alive, links.sessions(), `in order ${order}`);
      assert.equal(alive.length, 1, `in order ${order}`);
    }
    for (const { links } of [one, two]) links.close();
    await clock.advance(1);
  }
});
