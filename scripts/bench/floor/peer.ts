/** The floor as a `Peer`: what Cairn cannot do without, timed like Cairn, in the same scenarios and on the same hosts. */
import { fileURLToPath } from "node:url";
import type { Cleanup } from "../cleanup.ts";
import { dataOf, type Peer, type Site } from "../peer.ts";
import { outputOf, Program } from "../process.ts";
import { ASKING, until } from "../wait.ts";

export const DEVICE = fileURLToPath(new URL("./device.ts", import.meta.url));
const CONFIG = fileURLToPath(new URL("../../../deno.json", import.meta.url));
/** The devices of a build run with it. */
const V8_FLAGS = "--v8-flags=--no-memory-reducer";
const START_LIMIT_S = 30;

/** What the floor can play; it knows of no other changes. */
export const FLOOR_SCENARIOS: ReadonlySet<string> = new Set(["small", "idle", "catchup", "mvdir", "big"]);

export class Floor implements Peer {
  readonly name = "floor";
  readonly #site: Site;
  readonly #programs = new Map<string, Program>();

  private constructor(site: Site, cleanup: Cleanup) {
    this.#site = site;
    for (const host of site.names) {
      Deno.mkdirSync(this.data(host), { recursive: true });
      Deno.mkdirSync(this.#home(host));
    }
    cleanup.add(async () => {
      await Promise.all(this.running().map((host) => this.stop(host)));
    });
  }

  /** Two hosts. What they import is compiled once. */
  static async create(site: Site, cleanup: Cleanup): Promise<Floor> {
    await outputOf([Deno.execPath(), "cache", "--quiet", "--config", CONFIG, DEVICE]);
    return new Floor(site, cleanup);
  }

  data(host: string): string {
    return dataOf(this.#site, host);
  }

  async start(host: string): Promise<void> {
    const [first = "", second = ""] = this.#site.names;
    const other = host === first ? second : first;
    const words = host === first ? ["first"] : ["second"];
    words.push(this.data(host), this.#home(host), this.#home(other));
    if (host !== first) {
      words.push(`${this.#site.hosts.address(first)}:${Deno.readTextFileSync(`${this.#home(first)}/port`)}`);
    }
    const argv = [
      Deno.execPath(),
      "run",
      "-A",
      "--cached-only",
      "--config",
      CONFIG,
      V8_FLAGS,
      DEVICE,
      ...words,
    ];
    const log = `${this.#site.work}/${host}/log`;
    const program = Program.start(argv, log, (words) => this.#site.hosts.wrap(host, words));
    this.#programs.set(host, program);
    if (host !== first) return;
    await until(`the floor on ${host} to listen`, () => this.#says(host, "port"), ASKING, START_LIMIT_S);
  }

  async stop(host: string): Promise<void> {
    await this.#programs.get(host)?.stop();
    this.#programs.delete(host);
  }

  running(): readonly string[] {
    return [...this.#programs.keys()];
  }

  pid(host: string): number {
    return this.#programs.get(host)!.pid;
  }

  isSettled(): Promise<boolean> {
    return Promise.resolve(this.running().every((host) => this.#says(host, "resting")));
  }

  lastWords(): string {
    return [...this.#programs].map(([host, program]) => `--- ${host} ---\n${program.lastWords()}`).join("\n");
  }

  #home(host: string): string {
    return `${this.#site.work}/${host}/home`;
  }

  /** Throws when its program has ended: whatever is waited for does not come. */
  #says(host: string, word: string): boolean {
    const program = this.#programs.get(host);
    if (program?.hasEnded) throw new Error(`The floor on ${host} has ended:\n${program.lastWords()}`);
    try {
      return Deno.statSync(`${this.#home(host)}/${word}`).isFile;
    } catch {
      return false;
    }
  }
}
