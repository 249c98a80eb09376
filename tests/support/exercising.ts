/** Two devices that run the portable file, and a record of which commands and options were given to it. */
import assert from "node:assert/strict";
import type { Command } from "commander";
import { allCommands } from "../cli/all_commands.ts";
import { Device, type Finished } from "./device.ts";
import { Bare } from "./portable.ts";
import { waitFor } from "./wait.ts";

export class Exercised implements AsyncDisposable {
  readonly laptop: Device;
  readonly desktop: Device;
  /** In the background, or at rest. */
  readonly third: Device;
  /** Made out of an export. */
  readonly again: Device;
  readonly #given = new Map<string, Set<string>>();

  private constructor(readonly bare: Bare) {
    const program = bare.wrap([bare.file], { NO_COLOR: "1" });
    const device = (name: string) => new Device(name, bare.at(name), undefined, program);
    [this.laptop, this.desktop, this.third] = [device("laptop"), device("desktop"), device("third")];
    this.again = device("again");
  }

  static async make(): Promise<Exercised> {
    return new Exercised(await Bare.make());
  }

  /** Runs it to its end. */
  run(device: Device, ...words: string[]): Promise<Finished> {
    this.note(words);
    return device.run(...words);
  }

  /** What is done well tells nothing on standard error; its standard output. */
  async ok(device: Device, ...words: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(device, ...words);
    assert.deepEqual([code, stderr], [0, ""], `cairn ${words.join(" ")}: ${stdout}`);
    return stdout;
  }

  /** The same, silent. */
  async quiet(device: Device, ...words: string[]): Promise<void> {
    assert.equal(await this.ok(device, ...words), "", words.join(" "));
  }

  /** The same with `--json`, whose answer names its schema. */
  // deno-lint-ignore no-explicit-any -- each answer has its own shape
  async json(device: Device, ...words: string[]): Promise<any> {
    const answer = JSON.parse(await this.ok(device, ...words, "--json"));
    assert.match(answer.schema, /^cairn\.[a-z.-]+\/\d+$/, words.join(" "));
    return answer;
  }

  /** Refused as wrong usage: told on standard error, with what to do next. */
  async refused(device: Device, words: readonly string[], told: RegExp): Promise<void> {
    const { code, stdout, stderr } = await device.run(...words);
    const what = `cairn ${words.join(" ")}: ${stderr}`;
    assert.deepEqual([code, stdout], [2, ""], what);
    assert.match(stderr, told, what);
    assert.match(stderr, /^cairn: [^]*\n→ .+\n$/, what);
  }

  /** Waits until what goes on and on tells this, and ends it. */
  async follow(device: Device, words: readonly string[], told: RegExp): Promise<void> {
    this.note(words);
    const [program, ...args] = [...device.program, "--home", device.home, ...words];
    const child = new Deno.Command(program!, { args, stdin: "null", stdout: "piped", stderr: "null" })
      .spawn();
    let text = "";
    try {
      for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
        if (told.test(text += part)) return;
      }
      assert.fail(`cairn ${words.join(" ")} ended: ${text}`);
    } finally {
      try {
        child.kill("SIGKILL");
      } catch {
        // It has ended.
      }
      await child.status;
    }
  }

  note(words: readonly string[]): void {
    const { name, options } = commandOf(words);
    const given = this.#given.get(name) ?? new Set();
    for (const { long, short } of options) {
      if (words.some((word) => word === short || word === long)) given.add(long!);
    }
    this.#given.set(name, given);
  }

  /** Commands and options of the help that were not given yet. */
  missing(): string[] {
    return allCommands().flatMap(({ name, options }) => {
      const given = this.#given.get(name);
      if (given === undefined) return [name];
      return options.filter(({ long }) => !given.has(long!)).map(({ long }) => `${name} ${long}`);
    });
  }

  async until(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
    try {
      await waitFor(what, holds);
    } catch (error) {
      throw new Error(`${this.laptop.logTail()}\n--\n${this.desktop.logTail()}`, { cause: error });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.third.run("down").catch(() => {});
    await Promise.allSettled([this.laptop, this.desktop, this.third].map((device) => device.stop("SIGKILL")));
    this.bare[Symbol.dispose]();
  }
}

const COMMANDS = new Map(allCommands().map((one) => [one.words.join(" "), one]));

function commandOf(words: readonly string[]): { name: string; options: Command["options"] } {
  for (const count of [2, 1]) {
    const one = COMMANDS.get(words.slice(0, count).join(" "));
    if (one !== undefined) return one;
  }
  throw new Error(`There is no command in: ${words.join(" ")}`);
}
