import assert from "node:assert/strict";
import { QUESTION_SLICE_MS, QUESTIONS_OPEN } from "../../src/core/limits.ts";
import { Questions, type Work } from "../../src/library/questions.ts";

/** Time that passes as it is told to; turns of the event loop are taken by hand. */
class Turns {
  ms = 0;
  readonly #waiting: (() => void)[] = [];
  readonly clock = {
    monotonic: () => this.ms,
    after: (_delayMs: number, run: () => void) => {
      this.#waiting.push(run);
      return () => void this.#waiting.splice(this.#waiting.indexOf(run), 1);
    },
  };
  /** Answers how long the thread was held. */
  turn(): number {
    const beganMs = this.ms;
    this.#waiting.shift()?.();
    return this.ms - beganMs;
  }
  get isIdle(): boolean {
    return this.#waiting.length === 0;
  }
}

function* steps(
  turns: Turns,
  count: number,
  each: number,
  done: (step: number) => void = () => {},
): Work<number> {
  for (let i = 0; i < count; i++) {
    turns.ms += each;
    done(i);
    if (i < count - 1) yield;
  }
  return count;
}

Deno.test("a short question is answered with no turn of the event loop in between", async () => {
  const turns = new Turns();
  const answer = new Questions(turns.clock).ask(steps(turns, 3, 1));
  assert.ok(turns.isIdle);
  assert.equal(await answer, 3);
});

Deno.test("long questions together hold the thread for one slice at most, and each has its turns", async () => {
  const turns = new Turns();
  const questions = new Questions(turns.clock);
  const done: string[] = [];
  const answers = ["a", "b", "c"].map((name) => questions.ask(steps(turns, 40, 2, () => done.push(name))));
  let heldMs = 0;
  while (!turns.isIdle) heldMs = Math.max(heldMs, turns.turn());
  assert.deepEqual(await Promise.all(answers), [40, 40, 40]);
  assert.ok(heldMs <= QUESTION_SLICE_MS + 2, `${heldMs} ms`);
  // The first had a slice of its own before the others came.
  const last = ["a", "b", "c"].map((name) => done.lastIndexOf(name));
  assert.ok(Math.max(...last) - Math.min(...last) <= 12, String(last));
});

Deno.test("what a question throws is its answer, and the others go on", async () => {
  const turns = new Turns();
  const questions = new Questions(turns.clock);
  const good = questions.ask(steps(turns, 20, 2));
  const bad = questions.ask(steps(turns, 20, 2, (step) => {
    if (step === 5) throw new Error("broken");
  }));
  const refused = assert.rejects(bad, /broken/);
  while (!turns.isIdle) turns.turn();
  await refused;
  assert.equal(await good, 20);
});

Deno.test("too many questions are refused, and those that wait when the device stops are told so", async () => {
  const turns = new Turns();
  const questions = new Questions(turns.clock);
  const waiting = Array.from(
    { length: QUESTIONS_OPEN },
    () => questions.ask(steps(turns, 100, QUESTION_SLICE_MS)),
  );
  const ends = Promise.all(waiting.map((one) => assert.rejects(one, { code: "busy" })));
  await assert.rejects(questions.ask(steps(turns, 1, 1)), { code: "busy" });
  questions.stop();
  await ends;
  assert.ok(turns.isIdle);
  await assert.rejects(questions.ask(steps(turns, 1, 1)), { code: "busy" });
});
