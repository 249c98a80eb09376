/** What a person sees: two real devices in terminals of 80 and of 120 columns. `deno task screens` writes the kept screens anew. */
import assert from "node:assert/strict";
import { cellWidth } from "../../src/cli/table.ts";
import { prepareDevices, PROGRAM } from "../support/device.ts";
import { Lan } from "../support/lan.ts";
import { sameScreen } from "../support/screens.ts";
import { tempDir } from "../support/temp_dir.ts";
import { type Pane, Tmux } from "../support/tmux.ts";
import { waitFor } from "../support/wait.ts";

const LONG =
  "Letters/Letter to the landlord about the heating that is broken since November (final version 2).md";
const WIDE = "日本語/写真の説明と旅行の計画と夏休みの宿題と来年のカレンダー.txt";
const FILES = {
  "todo.txt": "buy milk\nfeed the wombat\n",
  [LONG]: "Dear landlord, the heating in the kitchen is broken since November, and the wombat is cold. " +
    "Please send somebody who can mend it soon, before the pipes freeze.\n",
  [WIDE]: "wombat\n",
};
/** Comes in some seconds at the rate to which the laptop is held. */
const FILM_BYTES = 4_000_000;
const PROMPT = /\$\n$/;

/** A home of a person, and terminals in it. */
class Desk {
  constructor(
    readonly name: string,
    readonly work: string,
    readonly lan: Lan,
    readonly tmux: Tmux,
    readonly size: { readonly columns: number; readonly rows: number },
  ) {
    Deno.mkdirSync(this.at("Notes"), { recursive: true });
  }

  at(path: string): string {
    return `${this.work}/${this.name}/${path}`;
  }

  write(path: string, text: string): void {
    const at = this.at(`Notes/${path}`);
    Deno.mkdirSync(at.slice(0, at.lastIndexOf("/")), { recursive: true });
    Deno.writeTextFileSync(at, text);
    Deno.utimeSync(at, new Date("2026-11-22T12:00:00Z"), new Date("2026-11-22T12:00:00Z"));
  }

  async open(): Promise<Pane> {
    const env = {
      HOME: `${this.work}/${this.name}`,
      PATH: `${this.work}/bin:${Deno.env.get("PATH")}`,
      DENO_DIR: Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME")}/.cache/deno`,
      TERM: "screen-256color",
      LC_ALL: "C.UTF-8",
      TZ: "UTC",
      PS1: `${this.name}$ `,
    };
    const words = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    const shell = ["env", "-i", ...words, "bash", "--norc", "--noprofile"];
    const pane = await this.tmux.open({ ...this.size, argv: this.lan.host(this.name).wrap(shell) });
    await pane.shows("the prompt", PROMPT);
    return pane;
  }
}

const SIZES = [{ columns: 80, rows: 24 }, { columns: 120, rows: 40 }];

Deno.test({
  name: "up, join, find, status --watch and conflicts look well in terminals of 80 and 120 columns",
  ignore: !await Lan.possible(),
  async fn() {
    await prepareDevices();
    await Promise.all(SIZES.map(story));
  },
});

async function story(size: { readonly columns: number; readonly rows: number }): Promise<void> {
  using dir = tempDir();
  Deno.mkdirSync(dir.at("bin"));
  const program = PROGRAM.map((word) => `'${word}'`).join(" ");
  Deno.writeTextFileSync(dir.at("bin/cairn"), `#!/bin/sh\nexec ${program} "$@"\n`, { mode: 0o755 });
  const lan = await Lan.create(["laptop", "desktop"]);
  try {
    await using tmux = new Tmux(dir.path);
    const [laptop, desktop] = ["laptop", "desktop"].map((name) => new Desk(name, dir.path, lan, tmux, size));
    await tell(laptop!, desktop!, size);
  } finally {
    // Also after a failure nothing runs on.
    for (const host of ["laptop", "desktop"]) await endAll(lan.namespace(host));
    await lan.teardown();
  }
}

async function tell(laptop: Desk, desktop: Desk, { columns, rows }: Desk["size"]): Promise<void> {
  const keep = (name: string, screen: string, width = columns) => {
    for (const line of screen.split("\n")) assert.ok(cellWidth(line) <= width, line);
    sameScreen(`${columns}-${name}`, screen);
  };
  /** A command at the head of an empty screen, to its end. */
  const ask = async (pane: Pane, command: string, until: RegExp) => {
    await pane.type(`clear; ${command}`);
    return await pane.shows(command, (screen) => until.test(screen) && PROMPT.test(screen));
  };

  for (const [path, text] of Object.entries(FILES)) laptop.write(path, text);
  const film = new Uint8Array(FILM_BYTES);
  for (let at = 0; at < FILM_BYTES; at += 65_536) crypto.getRandomValues(film.subarray(at, at + 65_536));
  Deno.writeFileSync(laptop.at("Notes/film.mp4"), film);

  const [up, other] = await Promise.all([laptop.open(), laptop.open()]);
  await up.type("cairn up ~/Notes --name laptop --port 22411");
  const started = await up.shows("the invite", /Notes is up to date/);
  keep("up", started);
  const code = /cairn join (\S+)/.exec(started)![1]!;
  await ask(other, "cairn config set limit.up 1M", /limit\.up: 1MB\/s/);

  const [join, here] = await Promise.all([desktop.open(), desktop.open()]);
  await join.type(`cairn join ${code} ~/Notes --name desktop --port 22411`);
  keep("join-under-way", await join.shows("the bar", /4\.0 MB, .*\d s left\n/));
  keep("join", await join.shows("it to be done", /Notes is up to date/));

  await waitFor("the texts to be read", async () => {
    const found = await ask(here, "cairn find wombat", /\n/);
    return ["todo.txt", "Letter", "日本語"].every((name) => found.includes(name));
  });
  keep("find", await here.screen());

  await join.key("C-c");
  keep("stopped", await join.shows("it to stop", /Stopped\.\n[^]*\$\n$/));
  const journal = () => bytesIn(laptop.at(".local/share/cairn/journal"));
  const before = journal();
  for (const path of ["todo.txt", LONG]) laptop.write(path, "by laptop\n");
  await waitFor("the laptop to see it", () => journal() > before);
  for (const path of ["todo.txt", LONG]) desktop.write(path, "by the desktop\n");
  await here.type("clear; cairn up --detach");
  keep(
    "detached",
    await here.shows("it to run", (screen) => /cairn down/.test(screen) && PROMPT.test(screen)),
  );
  await here.type("clear; cairn status --watch");
  const complete = /up to date[^\n]* \(2[^]*laptop +connected +\S+ +up to date\n[^]*\nCopies +all/;
  keep("watch", await here.shows("both to have both", complete));
  await here.resize(60, rows);
  keep("watch-narrower", await here.shows("all of it in 60 columns", fits(60)), 60);
  await here.resize(60, 8);
  keep("watch-low", await here.shows("what fits in 8 lines", /more lines below/), 60);
  await here.resize(columns, rows);
  await here.shows("all of it again", complete);
  await here.key("C-c");
  keep("watch-ended", await here.shows("what was there before", PROMPT));
  keep("conflicts", await ask(here, "cairn conflicts", /2 conflicts\./));
  await ask(here, "cairn down", /Stopped/);
}

/** Ends the processes of a namespace. */
async function endAll(namespace: string): Promise<void> {
  const pids = async () => {
    const { stdout } = await new Deno.Command("ip", { args: ["netns", "pids", namespace] }).output();
    return new TextDecoder().decode(stdout).split("\n").filter((pid) => pid !== "").map(Number);
  };
  await waitFor("its processes to end", async () => {
    const running = await pids();
    for (const pid of running) Deno.kill(pid, "SIGKILL");
    return running.length === 0;
  });
}

/** No line reaches the edge, and the last one of the status is there. */
function fits(width: number): (screen: string) => boolean {
  return (screen) =>
    /cairn conflicts\)[^]*\nHome .*\n$/.test(screen) &&
    screen.split("\n").every((line) => cellWidth(line) < width);
}

function bytesIn(directory: string): number {
  return [...Deno.readDirSync(directory)].reduce(
    (sum, { name }) => sum + Deno.statSync(`${directory}/${name}`).size,
    0,
  );
}
