/** Runs the attacks, watches the victim, and tells how it went. */
import { statusOf } from "../../tests/support/pair.ts";
import { ATTACKS } from "./attacks.ts";
import { type Attack, type Field, type Lane, LANES } from "./field.ts";
import { HonestWork, type Latencies } from "./honest.ts";
import { Scope } from "./scope.ts";
import { Seeded, seedOf } from "./seeded.ts";
import { HANDLES, RSS_BYTES, surroundings, touched, type Vitals, vitalsOf } from "./vitals.ts";

export interface RunOptions {
  readonly minutes: number;
  readonly seed: number;
  readonly lanes: readonly Lane[];
  /** Only attacks whose name has this in it; "" for all. */
  readonly only: string;
  /** The index of the first case of each lane: to begin where a former run ended. */
  readonly from: number;
  /** How long an honest edit may take, in milliseconds. */
  readonly patienceMs: number;
  /** How long the local API may take, in milliseconds. */
  readonly answerMs: number;
  /** `cairn status`, as a process of its own, is asked this often, in milliseconds. */
  readonly commandEveryMs: number;
  say(line: string): void;
}

export interface Summary {
  readonly cases: number;
  readonly byAttack: ReadonlyMap<string, number>;
  readonly violations: readonly string[];
  /** Attacks that failed by a fault of their own: the fuzzer is to be mended. */
  readonly broken: ReadonlyMap<string, string>;
  readonly latencies: Latencies;
  readonly most: Vitals;
  /** The cases that ran when something was violated, or last. */
  readonly history: readonly string[];
}

/** An attack that is not over by then is ended. */
const CASE_MS = 8_000;
const VITALS_MS = 250;
const CHECK_MS = 3_000;
const HISTORY = 40;

export async function runFuzzer(field: Field, options: RunOptions): Promise<Summary> {
  const run = new Run(field, options);
  return await run.toEnd();
}

class Run {
  readonly #field: Field;
  readonly #options: RunOptions;
  readonly #honest: HonestWork;
  readonly #before: { victim: Map<string, string>; honest: Map<string, string> };
  readonly #violations: string[] = [];
  readonly #broken = new Map<string, string>();
  readonly #counts = new Map<string, number>();
  readonly #history: string[] = [];
  readonly #running = new Map<Lane, string>();
  readonly #scopes = new Set<Scope>();
  #most: Vitals = { rssBytes: 0, peakBytes: 0, handles: 0 };
  #isOver = false;

  constructor(field: Field, options: RunOptions) {
    this.#field = field;
    this.#options = options;
    this.#honest = new HonestWork(field.victim, field.honest);
    this.#before = { victim: surroundings(field.victim), honest: surroundings(field.honest) };
  }

  async toEnd(): Promise<Summary> {
    const endMs = performance.now() + this.#options.minutes * 60_000;
    const work = this.#honest.run();
    const vitals = setInterval(() => this.#feelPulse(), VITALS_MS);
    const lanes = this.#options.lanes.map((lane) => this.#attack(lane, endMs));
    const checks = this.#check(endMs);
    await Promise.race([checks, Promise.all(lanes).then(() => checks)]);
    this.#isOver = true;
    for (const scope of this.#scopes) scope.end();
    await Promise.all(lanes);
    clearInterval(vitals);
    this.#honest.stop();
    await work;
    return {
      cases: [...this.#counts.values()].reduce((sum, count) => sum + count, 0),
      byAttack: new Map([...this.#counts].sort()),
      violations: this.#violations,
      broken: this.#broken,
      latencies: this.#honest.latencies,
      most: this.#most,
      history: this.#history,
    };
  }

  // -------------------------------------------------------------------------------- attacking

  async #attack(lane: Lane, endMs: number): Promise<void> {
    const { seed, only, from } = this.#options;
    const attacks = ATTACKS.filter((attack) => attack.lane === lane && attack.name.includes(only));
    if (attacks.length === 0) return;
    for (let index = from; !this.#isOver && performance.now() < endMs; index++) {
      const random = new Seeded(seedOf(seed, lane, index));
      const attack = choose(attacks, random);
      const name = `${lane}/${attack.name}`;
      this.#note(`${name} (case ${index})`);
      this.#running.set(lane, `${name} (case ${index})`);
      this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
      const scope = new Scope();
      this.#scopes.add(scope);
      const tooLong = setTimeout(() => scope.end(), CASE_MS);
      try {
        await attack.run(this.#field, random, scope);
      } catch (error) {
        if (!scope.isOver) this.#broken.set(name, error instanceof Error ? error.stack ?? "" : String(error));
      }
      clearTimeout(tooLong);
      scope.end();
      this.#scopes.delete(scope);
      // One turn at least for everything else, however short the case was.
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    this.#running.delete(lane);
  }

  #note(line: string): void {
    this.#history.push(line);
    if (this.#history.length > HISTORY) this.#history.shift();
  }

  // -------------------------------------------------------------------------------- watching

  #feelPulse(): void {
    const vitals = vitalsOf(this.#field.victim);
    if (vitals === null) return;
    const { rssBytes, peakBytes, handles } = this.#most;
    this.#most = {
      rssBytes: Math.max(rssBytes, vitals.rssBytes),
      peakBytes: Math.max(peakBytes, vitals.peakBytes),
      handles: Math.max(handles, vitals.handles),
    };
  }

  async #check(endMs: number): Promise<void> {
    let commandMs = performance.now();
    while (!this.#isOver) {
      await new Promise((resolve) => setTimeout(resolve, Math.min(CHECK_MS, this.#options.minutes * 20_000)));
      const askMs = await this.#askStatus();
      if (performance.now() - commandMs > this.#options.commandEveryMs) {
        await this.#askCommand();
        commandMs = performance.now();
      }
      this.#judge();
      this.#tell(endMs, askMs);
      if (this.#violations.length > 0 || performance.now() >= endMs) return;
    }
  }

  /** Asks the local API; the time that it took, in milliseconds. */
  async #askStatus(): Promise<number> {
    const startMs = performance.now();
    const timer = Promise.withResolvers<string>();
    const tooLong = setTimeout(() => timer.resolve("no answer"), this.#options.answerMs);
    const answer = await Promise.race([
      statusOf(this.#field.victim).then(() => "", (error) => String(error)),
      timer.promise,
    ]);
    clearTimeout(tooLong);
    if (answer !== "") {
      this.#violate(`the local API fails within ${this.#options.answerMs / 1000} s: ${answer}`);
    }
    return performance.now() - startMs;
  }

  async #askCommand(): Promise<void> {
    const { code, stderr } = await this.#field.victim.run("status");
    if (code !== 0) this.#violate(`cairn status ends with ${code}: ${stderr.trim()}`);
  }

  #judge(): void {
    const { victim, honest } = this.#field;
    for (const device of [victim, honest]) {
      if (!device.running) this.#violate(`${device.name} has ended:\n${device.logTail()}`);
    }
    if (this.#most.rssBytes > RSS_BYTES) {
      this.#violate(`the victim's memory reached ${mib(this.#most.rssBytes)}`);
    }
    if (this.#most.handles > HANDLES) this.#violate(`the victim had ${this.#most.handles} open handles`);
    const waiting = this.#honest.waiting;
    if (waiting !== null && waiting.ms > this.#options.patienceMs) {
      this.#violate(`an honest edit is on its way for ${Math.round(waiting.ms)} ms: ${waiting.what}`);
    }
    for (const [device, before] of [[victim, this.#before.victim], [honest, this.#before.honest]] as const) {
      const lines = touched(before, surroundings(device));
      if (lines.length > 0) this.#violate(`touched outside ${device.name}'s places:\n${lines.join("\n")}`);
    }
  }

  #violate(what: string): void {
    if (this.#violations.includes(what)) return;
    this.#violations.push(what);
    this.#note(`VIOLATION ${what}, while: ${[...this.#running.values()].join(", ")}`);
  }

  #tell(endMs: number, askMs: number): void {
    const now = vitalsOf(this.#field.victim);
    const { count, worstMs, meanMs } = this.#honest.latencies;
    const left = Math.max(0, Math.round((endMs - performance.now()) / 1000));
    const cases = [...this.#counts.values()].reduce((sum, number) => sum + number, 0);
    this.#options.say(
      `${left} s left · ${cases} cases · rss ${mib(now?.rssBytes ?? 0)} (most ${
        mib(this.#most.rssBytes)
      }) · ` +
        `${now?.handles ?? 0} handles (most ${this.#most.handles}) · ${count} honest edits, ` +
        `${Math.round(meanMs)} ms each, ${Math.round(worstMs)} at worst · status ${Math.round(askMs)} ms · ` +
        [...this.#running.values()].map((name) => name.replace(/ \(case/, "(")).join(" "),
    );
  }
}

function choose(attacks: readonly Attack[], random: Seeded): Attack {
  const total = attacks.reduce((sum, { weight = 1 }) => sum + weight, 0);
  let at = random.next() * total;
  for (const attack of attacks) {
    at -= attack.weight ?? 1;
    if (at < 0) return attack;
  }
  return attacks.at(-1)!;
}

export function mib(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}

export function lanesOf(text: string): Lane[] {
  return LANES.filter((lane) => text === "" || text.split(",").includes(lane));
}
