/** A device out of an export asks others, whatever they answer, and takes nobody's silence for "nothing" (R26, R36). */
import assert from "node:assert/strict";
import { CairnError } from "../../../src/core/errors.ts";
import type { DeviceId } from "../../../src/core/ids.ts";
import type { Ledger } from "../../../src/journal/ledger.ts";
import { restoringOf, restoringRecord } from "../../../src/library/restoring.ts";
import type { Session } from "../../../src/peer/session.ts";
import { Restorer } from "../../../src/daemon/restorer.ts";
import type { TwinWatch } from "../../../src/daemon/twin.ts";
import { realFs } from "../../../src/platform/real/fs.ts";
import { FORMER, FORMER_MESSAGE } from "../../../src/sync/former_rows.ts";
import { manualClock } from "../../support/clock.ts";
import { deviceOf } from "../../support/entries.ts";
import { FOLDER, homeAt } from "../../support/ledgers.ts";
import { tempDir } from "../../support/temp_dir.ts";
import { waitFor } from "../../support/wait.ts";

const NAS = deviceOf(2);
/** Knows all that was said in epoch 3, none of it of a folder that is here. */
const KNOWS = [3, 9, true, null, []];
const NOTHING = [0, 0, true, null, []];

interface Peer {
  /** What it answers, one after the other, the last for ever; an error is thrown. */
  readonly answers: unknown[];
  readonly session: Session;
  asked: number;
}

function peerWith(answers: unknown[], capabilities: readonly string[] = [FORMER], id = NAS): Peer {
  const peer = { answers, asked: 0, session: null as unknown as Session };
  peer.session = {
    peer: id,
    agreement: { capabilities: new Set(capabilities) },
    consumed() {},
    request() {
      const answer = answers[Math.min(peer.asked++, answers.length - 1)];
      if (answer instanceof Error) return Promise.reject(answer);
      return Promise.resolve({ type: FORMER_MESSAGE.formerAnswer, header: answer, size: 1 });
    },
  } as unknown as Session;
  return peer;
}

async function scene(
  peers: readonly Peer[],
  others: readonly DeviceId[],
  run: (scene: {
    readonly restorer: Restorer;
    readonly clock: ReturnType<typeof manualClock>;
    readonly ledger: Ledger;
    readonly said: string[];
    readonly twins: { isPossible: boolean; address: string | null };
    /** Lets time pass, in steps in which the disk keeps up. */
    pass(ms: number): Promise<void>;
  }) => Promise<void>,
): Promise<void> {
  using dir = tempDir();
  const home = homeAt(dir.path);
  const ledger = await home.open();
  await ledger.commit(restoringRecord([FOLDER]));
  const clock = manualClock();
  const said: string[] = [];
  const twins = { isPossible: false, address: null };
  const restorer = new Restorer({
    fs: realFs(),
    ledger,
    clock,
    others: () => others,
    session: (device) => peers.find(({ session }) => session.peer === device)?.session ?? null,
    twins: () => twins as unknown as TwinWatch,
    say: (line) => said.push(line),
    released: () => said.push("released"),
  });
  try {
    restorer.start();
    for (const { session } of peers) restorer.came(session);
    const pass = async (ms: number) => {
      for (let at = 0; at < ms; at += 1_000) await clock.advance(1_000);
    };
    await run({ restorer, clock, ledger, said, twins, pass });
  } finally {
    restorer.stop();
    await ledger.close();
  }
}

const isReleased = (ledger: Ledger) => restoringOf(ledger.catalogue) === null;

Deno.test("an answer that is malformed, and a session that ends in the middle, are asked for again and end nothing", async () => {
  const malformed = [3, 9, true, 5, []];
  const lost = new CairnError("network", "The session has ended");
  // Asked once for the offer, and once for the rows.
  const nas = peerWith([lost, "nonsense", KNOWS, malformed, KNOWS, lost, KNOWS, KNOWS]);
  await scene([nas], [NAS], async ({ ledger, said, pass }) => {
    await waitFor("it to be taken over in the end", async () => {
      await pass(5_000);
      return isReleased(ledger);
    });
    assert.equal(nas.asked, 8);
    assert.match(said[0]!, /could not be taken over yet: .*malformed.* tried again/);
    assert.match(said[1]!, /could not be taken over yet: The session has ended/);
    assert.ok(said.includes("released"));
  });
});

Deno.test("one that cannot be asked is not one that knows nothing: it is waited for, and named", async () => {
  const nas = peerWith([NOTHING], []);
  await scene([nas], [NAS], async ({ ledger, restorer, pass }) => {
    await pass(120_000);
    assert.ok(!isReleased(ledger));
    assert.equal(nas.asked, 0);
    assert.equal(restorer.refusal(FOLDER)?.code, "path-unusable");
  });
});

Deno.test("that nobody knows anything is not believed at once, and a twin is listened for first", async () => {
  await scene([peerWith([NOTHING])], [NAS], async ({ ledger, pass }) => {
    await pass(9_000);
    assert.ok(!isReleased(ledger));
    await waitFor("it to be released", async () => {
      await pass(2_000);
      return isReleased(ledger);
    });
  });
  await scene([peerWith([KNOWS])], [NAS], async ({ ledger, twins, pass }) => {
    await pass(2_000);
    assert.ok(!isReleased(ledger));
    twins.isPossible = true;
    await pass(60_000);
    assert.ok(!isReleased(ledger));
    twins.isPossible = false;
    await waitFor("it to be released", async () => {
      await pass(2_000);
      return isReleased(ledger);
    });
  });
});

Deno.test("who knows nothing of a folder leaves it empty; who tells nothing and has always more to tell is not believed", async () => {
  const endless = [3, 9, true, 1, []];
  await scene([peerWith([KNOWS])], [NAS], async ({ ledger, said, pass }) => {
    await waitFor("it to be released", async () => {
      await pass(2_000);
      return isReleased(ledger);
    });
    assert.match(said.at(-1)!, /No other device knows anything/);
    assert.equal(ledger.catalogue.totals(FOLDER).files, 0);
  });
  await scene([peerWith([endless])], [NAS], async ({ ledger, pass }) => {
    await pass(60_000);
    assert.ok(!isReleased(ledger), "it was believed");
  });
});

Deno.test("who comes late and knows nothing has time to tell of members that joined since; these are waited for too", async () => {
  const late = deviceOf(3);
  const others = [NAS];
  const peers: Peer[] = [];
  await scene(peers, others, async ({ ledger, restorer, pass }) => {
    await pass(60_000);
    const nas = peerWith([NOTHING]);
    peers.push(nas);
    restorer.came(nas.session);
    await pass(9_000);
    assert.equal(nas.asked, 1);
    assert.ok(!isReleased(ledger), "nobody could have been told of yet");
    others.push(late);
    await pass(60_000);
    assert.ok(!isReleased(ledger), "one that joined since was not waited for");
    peers.push(peerWith([KNOWS], [FORMER], late));
    await waitFor("it to be released", async () => {
      await pass(2_000);
      return isReleased(ledger);
    });
  });
});
