/** Two sessions over a link in memory. */
import assert from "node:assert/strict";
import { encodeFrame } from "../../src/peer/frame.ts";
import type { Greeting } from "../../src/peer/greeting.ts";
import { createIdentity } from "../../src/peer/identity.ts";
import { type Refusal, TYPE } from "../../src/peer/messages.ts";
import { type Ending, type Opened, openSession, type Session } from "../../src/peer/session.ts";
import { realRandom } from "../../src/platform/real/random.ts";
import { type ManualClock, manualClock, settle } from "./clock.ts";
import { linkPair, type MemoryLink } from "./links.ts";

export const dialler = (await createIdentity(realRandom())).certificateDer;
export const listener = (await createIdentity(realRandom())).certificateDer;

export function greeting(
  over: Partial<Greeting["hello"]> = {},
  admit: Greeting["admit"] = () => null,
): Greeting {
  return { hello: { versions: [1, 1], capabilities: [], extra: {}, ...over }, admit };
}

export interface World {
  clock: ManualClock;
  links: [MemoryLink, MemoryLink];
  a: Session;
  b: Session;
}

export function sessionOf(opened: Opened): Session {
  assert.ok("session" in opened, JSON.stringify(opened));
  return opened.session;
}

export function refusalOf(opened: Opened): { refusal: Refusal; by: string } {
  assert.ok("refusal" in opened, "the session was opened");
  return opened;
}

export async function open(ours = greeting(), theirs = greeting(), pieceBytes?: number) {
  const clock = manualClock();
  const links = linkPair({ certificates: [dialler, listener], ...(pieceBytes ? { pieceBytes } : {}) });
  const opened = await Promise.all([
    openSession(links[0], "dialled", ours, clock),
    openSession(links[1], "accepted", theirs, clock),
  ]);
  return { clock, links, opened };
}

export async function pair(): Promise<World> {
  const { clock, links, opened } = await open();
  await settle();
  return { clock, links, a: sessionOf(opened[0]), b: sessionOf(opened[1]) };
}

/** A peer made of bare frames, for what no honest session sends. The session under test accepted. */
export async function rawPeer(): Promise<
  {
    clock: ManualClock;
    session: Session;
    endings: Ending[];
    say: (...frame: Parameters<typeof encodeFrame>) => void;
  }
> {
  const clock = manualClock();
  const [link, other] = linkPair({ certificates: [dialler, listener] });
  const opening = openSession(other, "accepted", greeting(), clock);
  link.onData(() => {});
  const say = (...frame: Parameters<typeof encodeFrame>) => {
    for (const part of encodeFrame(...frame).parts) link.write(part);
  };
  say(TYPE.hello, 0, { versions: [1, 1], capabilities: [], extra: {} });
  const session = sessionOf(await opening);
  const endings: Ending[] = [];
  session.onClose((ending) => endings.push(ending));
  return { clock, session, endings, say };
}
