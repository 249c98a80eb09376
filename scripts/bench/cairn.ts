/** Cairn as a `Peer`: `main.ts` of this checkout, or another command, as one process a host. */
import { fileURLToPath } from "node:url";
import type { Status } from "../../src/daemon/api_types.ts";
import { Agent } from "./agent.ts";
import type { Cleanup } from "./cleanup.ts";
import { dataOf, type Peer, type Site } from "./peer.ts";
import { outputOf, Program } from "./process.ts";
import { ASKING, until } from "./wait.ts";

const pathOf = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const MAIN = pathOf("../../main.ts");
const CONFIG = pathOf("../../deno.json");
const AGENT = pathOf("./agent.ts");
/** A caller's own CAIRN_HOME must not leak in, and logs are read by eye. */
const ENVIRONMENT = { CAIRN_HOME: "", NO_COLOR: "1" };
const START_LIMIT_S = 120;

export interface CairnOptions {
  /** The command that takes the place of `deno run -A main.ts`; it must become the device's process. Null: this checkout. */
  readonly command: readonly string[] | null;
  /** Where the devices leave their CPU profiles, in a directory for each host; null: nowhere. */
  readonly profileDir: string | null;
  /** `HOST:PORT` at which a joining host reaches the first, for `port` of the first; null: directly. */
  readonly at: ((host: string, port: number) => string) | null;
}

/** Fetches and compiles what the devices import, once: a host without internet cannot. */
export async function prepareCairn(): Promise<void> {
  await outputOf([Deno.execPath(), "cache", "--quiet", "--config", CONFIG, MAIN, AGENT]);
}

export class Cairn implements Peer {
  readonly name = "cairn";
  readonly #site: Site;
  readonly #options: CairnOptions;
  readonly #programs = new Map<string, Program>();
  readonly #agents = new Map<string, Agent>();

  constructor(site: Site, options: CairnOptions, cleanup: Cleanup) {
    this.#site = site;
    this.#options = options;
    for (const host of site.names) {
      Deno.mkdirSync(this.data(host), { recursive: true });
      const argv = [
        Deno.execPath(),
        "run",
        "-A",
        "--cached-only",
        "--config",
        CONFIG,
        AGENT,
        this.home(host),
      ];
      this.#agents.set(host, new Agent(site.hosts.wrap(host, argv)));
    }
    cleanup.add(async () => {
      await Promise.all(this.running().map((host) => this.stop(host)));
      await Promise.all([...this.#agents.values()].map((agent) => agent.close()));
    });
  }

  data(host: string): string {
    return dataOf(this.#site, host);
  }

  home(host: string): string {
    return `${this.#site.work}/${host}/home`;
  }

  async start(host: string): Promise<void> {
    if (this.#isThere(host)) return this.run(host, "up");
    const [first] = this.#site.names;
    if (host === first) {
      this.run(host, "up", this.data(host), "--name", host);
      return await this.answers(host);
    }
    const inviter = this.agent(first!);
    const [code, { device }] = [await inviter.invite(), await inviter.status()];
    const at = this.#options.at?.(host, device.port) ??
      `${this.#site.hosts.address(first!)}:${device.port}`;
    this.run(host, "join", code, this.data(host), "--name", host, "--at", at);
    await until(
      `${host} to have joined`,
      async () => {
        this.#requireLife(host);
        return await this.#status(host).then((status) => status !== null && status.folders.length > 0);
      },
      ASKING,
      START_LIMIT_S,
    );
  }

  /** Starts the host's device with these words, and returns at once. */
  run(host: string, ...args: string[]): void {
    const argv = [...this.#command(host), "--home", this.home(host), ...args];
    const wrap = (words: readonly string[]) => this.#site.hosts.wrap(host, words);
    this.#programs.set(host, Program.start(argv, this.#log(host), wrap, ENVIRONMENT));
  }

  /** Waits until the host's device answers. */
  async answers(host: string): Promise<void> {
    await until(
      `${host} to answer`,
      async () => {
        this.#requireLife(host);
        return await this.#status(host) !== null;
      },
      ASKING,
      START_LIMIT_S,
    );
  }

  agent(host: string): Agent {
    return this.#agents.get(host)!;
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

  async isSettled(): Promise<boolean> {
    const hosts = this.running();
    for (const host of hosts) {
      this.#requireLife(host);
      const status = await this.#status(host);
      if (status === null || !isUpToDate(status)) return false;
      if (status.peers.filter(({ connected }) => connected).length < hosts.length - 1) return false;
    }
    return true;
  }

  lastWords(): string {
    return [...this.#programs].map(([host, program]) => `--- ${host} ---\n${program.lastWords()}`).join("\n");
  }

  /** Null when it does not answer (yet). */
  #status(host: string): Promise<Status | null> {
    return this.agent(host).status().catch(() => null);
  }

  #requireLife(host: string): void {
    const program = this.#programs.get(host);
    if (program?.hasEnded) throw new Error(`Cairn on ${host} has ended:\n${program.lastWords()}`);
  }

  #isThere(host: string): boolean {
    try {
      return Deno.statSync(this.home(host)).isDirectory;
    } catch {
      return false;
    }
  }

  #log(host: string): string {
    return `${this.#site.work}/${host}/log`;
  }

  #command(host: string): string[] {
    const { command, profileDir } = this.#options;
    if (command !== null) return [...command];
    const profile = profileDir === null ? [] : ["--cpu-prof", `--cpu-prof-dir=${profileDir}/${host}`];
    return [Deno.execPath(), "run", "-A", "--cached-only", "--config", CONFIG, ...profile, MAIN];
  }
}

/** Whether every folder of the device says so itself. */
export function isUpToDate({ folders }: Status): boolean {
  return folders.length > 0 && folders.every(({ state }) => state.kind === "up-to-date");
}
