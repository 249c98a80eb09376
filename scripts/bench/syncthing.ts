/** Syncthing as a `Peer`: the program of that name in the PATH, as one process a host. */
import { request } from "node:http";
import type { Cleanup } from "./cleanup.ts";
import { dataOf, type Peer, type Site } from "./peer.ts";
import { outputOf, Program } from "./process.ts";
import { FOLDER_ID, type KnownDevice, syncthingConfig } from "./syncthing_config.ts";

const SYNC_PORT = 22000;
const ENVIRONMENT = { STNOUPGRADE: "1", STNODEFAULTFOLDER: "1" };

/** The first line of `syncthing --version`; null when there is none in the PATH. */
export async function syncthingVersion(): Promise<string | null> {
  try {
    return (await outputOf(["syncthing", "--version"])).split("\n")[0]!;
  } catch {
    return null;
  }
}

export class Syncthing implements Peer {
  readonly name = "syncthing";
  readonly #site: Site;
  readonly #key = crypto.randomUUID();
  readonly #programs = new Map<string, Program>();

  private constructor(site: Site, devices: readonly KnownDevice[], cleanup: Cleanup) {
    this.#site = site;
    for (const { name, address } of devices) {
      Deno.mkdirSync(this.data(name), { recursive: true });
      const config = syncthingConfig({
        devices,
        folder: this.data(name),
        listen: address,
        api: this.#api(name),
        apiKey: this.#key,
      });
      Deno.writeTextFileSync(`${homeOf(site, name)}/config.xml`, config);
    }
    cleanup.add(async () => {
      await Promise.all(this.running().map((host) => this.stop(host)));
    });
  }

  /** Makes identities and configurations; starts nothing. */
  static async create(site: Site, cleanup: Cleanup): Promise<Syncthing> {
    const devices: KnownDevice[] = [];
    for (const name of site.names) {
      const home = homeOf(site, name);
      await outputOf([
        "syncthing",
        "generate",
        "--home",
        home,
        "--no-default-folder",
        "--skip-port-probing",
      ]);
      const id = /<device id="([A-Z0-9-]+)"/.exec(Deno.readTextFileSync(`${home}/config.xml`))?.[1];
      if (id === undefined) throw new Error("Syncthing has made no device id");
      const port = site.hosts.areApart ? SYNC_PORT : freePort();
      devices.push({ name, id, address: `${site.hosts.address(name)}:${port}` });
    }
    return new Syncthing(site, devices, cleanup);
  }

  data(host: string): string {
    return dataOf(this.#site, host);
  }

  start(host: string): Promise<void> {
    const argv = ["syncthing", "serve", "--home", homeOf(this.#site, host), "--no-browser", "--no-restart"];
    const wrap = (words: readonly string[]) => this.#site.hosts.wrap(host, words);
    const log = `${this.#site.work}/${host}/log`;
    this.#programs.set(host, Program.start(argv, log, wrap, ENVIRONMENT));
    return Promise.resolve();
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
      const program = this.#programs.get(host)!;
      if (program.hasEnded) throw new Error(`Syncthing on ${host} has ended:\n${program.lastWords()}`);
      try {
        const { state, needTotalItems } = await this.#ask<FolderState>(
          host,
          `/rest/db/status?folder=${FOLDER_ID}`,
        );
        if (state !== "idle" || needTotalItems > 0) return false;
        const { connections } = await this.#ask<Connections>(host, "/rest/system/connections");
        if (Object.values(connections).filter(({ connected }) => connected).length < hosts.length - 1) {
          return false;
        }
      } catch {
        // It has not opened its API yet.
        return false;
      }
    }
    return true;
  }

  lastWords(): string {
    return [...this.#programs].map(([host, program]) => `--- ${host} ---\n${program.lastWords()}`).join("\n");
  }

  #api(host: string): string {
    return `${this.#site.work}/${host}/api.sock`;
  }

  #ask<Answer>(host: string, path: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const asked = request({ socketPath: this.#api(host), path, headers: { "X-API-Key": this.#key } });
      asked.on("error", reject);
      asked.on("response", async (response) => {
        let text = "";
        response.setEncoding("utf8");
        for await (const part of response) text += part;
        if (response.statusCode === 200) resolve(JSON.parse(text) as Answer);
        else reject(new Error(`Syncthing answers ${response.statusCode} to ${path}: ${text.slice(0, 200)}`));
      });
      asked.end();
    });
  }
}

interface FolderState {
  readonly state: string;
  readonly needTotalItems: number;
}

interface Connections {
  readonly connections: Readonly<Record<string, { readonly connected: boolean }>>;
}

function homeOf(site: Site, host: string): string {
  return `${site.work}/${host}/home`;
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
