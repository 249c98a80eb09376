/** The portable file by itself: no Deno, Node or npm, no network but the LAN, an empty directory and an empty home. */
import assert from "node:assert/strict";
import { STEPS } from "../../scripts/demo.ts";
import { compareByHash, createWorld } from "../../scripts/demo_world.ts";
import { Device } from "../support/device.ts";
import { Lan } from "../support/lan.ts";
import { Bare, COMMIT, namesIn } from "../support/portable.ts";
import { SmallDisk } from "../support/tmpfs.ts";
import { waitFor } from "../support/wait.ts";

const ignore = Deno.build.os !== "linux";
const VERSION_LINE = `cairn 0.1.0 (commit ${COMMIT})\n`;
const STARTED = { code: 0, stdout: VERSION_LINE, stderr: "" };
const HASH = /^[0-9a-f]{64}$/;

Deno.test({
  name: "the portable file alone pairs over a LAN without internet and passes the demo",
  ignore: ignore || !await Lan.possible(),
  fn: async () => {
    using bare = await Bare.make();
    for (const missing of ["deno", "node", "npm", "npx"]) {
      assert.notEqual((await bare.runProgram(["sh", "-c", `command -v ${missing}`])).code, 0, missing);
    }
    const world = await createWorld(bare.wrap([bare.file], { NO_COLOR: "1" }));
    try {
      const steps = new Map(STEPS);
      await steps.get("Internet off, LAN on")!(world);
      // Shown with main.ts by tests/e2e/restart_test.ts and by the demo: 256 MB say nothing of how the program was started.
      for (const done of ["Internet off, LAN on", "Kill B in a large transfer, it resumes"]) {
        assert.ok(steps.delete(done));
      }
      for (const work of steps.values()) await work(world);
      assert.deepEqual(await compareByHash(world.a, world.b), []);
      assert.deepEqual(namesIn(bare.at("start")), ["cairn"]);
      assert.equal(namesIn(bare.cache).length, 1);
    } catch (error) {
      throw new Error(`${world.a.logTail()}\n${world.b.logTail()}`, { cause: error });
    } finally {
      await world.clear();
    }
  },
});

Deno.test({
  name: "the portable file is the program: words, exit codes and streams pass as they are",
  ignore,
}, async () => {
  using bare = await Bare.make();
  const source = new Device("source", bare.at("source"));
  const odd = ["a  b", "*", "$HOME `id`", "new\nline", "", '"', "é\\"];
  for (const words of [["find", "--nonsense", ...odd], odd, ["--home", bare.at("no"), "status"], ["stat"]]) {
    const home = words[0] === "--home" ? [] : ["--home", source.home];
    assert.deepEqual(await bare.run([...home, ...words]), await source.run(...words), words.join("|"));
  }
  assert.deepEqual((await bare.run(["nonsense"])).code, 2);
  // The home that a person has is the program's; a file there that Deno cannot read is nothing to it.
  Deno.mkdirSync(bare.at("home/.npmrc"));
  const { stderr } = await bare.run(["status"], { CAIRN_PORTABLE_HOME: "/nonsense" });
  assert.ok(
    stderr.startsWith(`cairn: No device is running in ${bare.at("home/.local/share/cairn")}\n`),
    stderr,
  );
  assert.match(
    (await bare.runProgram(["env", "-u", "HOME", bare.file, "status"])).stderr,
    /^cairn: Cannot tell where/,
  );
});

Deno.test({
  name: "the portable file becomes the program: a signal reaches it, and it holds what it runs from",
  ignore,
}, async () => {
  using bare = await Bare.make();
  const device = new Device("laptop", bare.at("laptop"), undefined, bare.wrap([bare.file]));
  await device.startAndWait("up", device.data);
  const [hash] = namesIn(bare.cache);
  using used = Deno.openSync(`${bare.cache}/${hash}/used`, { read: true, write: true });
  try {
    assert.equal(used.tryLockSync(true), false);
    assert.match(Deno.readTextFileSync(`/proc/${device.pid}/cmdline`), /^.*\/cairn\0run\0/);
    // What own_command.ts makes of this is the file that was started, and not what it unpacked.
    const environment = Deno.readTextFileSync(`/proc/${device.pid}/environ`).split("\0");
    assert.ok(environment.includes(`CAIRN_PORTABLE=${device.pid}:${bare.file}`), environment.join(" "));
  } finally {
    assert.equal(await device.stop(), 0);
  }
  assert.match(device.logTail(), /Stopping …[^]*\nStopped\.$/);
  assert.equal(used.tryLockSync(true), true);
});

Deno.test(
  { name: "several first starts at once unpack one program, and leave nothing else", ignore },
  async () => {
    using bare = await Bare.make();
    const starts = await Promise.all([1, 2, 3].map(() => bare.run(["--version"])));
    assert.deepEqual(starts, [STARTED, STARTED, STARTED]);
    const [hash, ...others] = namesIn(bare.cache);
    assert.match(hash!, HASH);
    assert.deepEqual(others, []);
  },
);

Deno.test({
  name: "the portable file starts under any name, by a link, by PATH, and by other shells",
  ignore,
}, async () => {
  using bare = await Bare.make();
  const moved = bare.at("start/it's the cairn 2");
  Deno.renameSync(bare.file, moved);
  assert.deepEqual(await bare.runProgram([moved, "--version"]), STARTED);
  Deno.symlinkSync(moved, bare.at("tools/cairn"));
  for (
    const argv of [["cairn"], ["./it's the cairn 2"], ["sh", "it's the cairn 2"], [
      "/bin/bash",
      "--posix",
      moved,
    ]]
  ) {
    assert.deepEqual(await bare.runProgram([...argv, "--version"]), STARTED, argv.join(" "));
  }
  assert.equal(namesIn(bare.cache).length, 1);
});

Deno.test({ name: "a damaged or cut portable file says so, and leaves nothing", ignore }, async () => {
  using bare = await Bare.make();
  const bytes = Deno.readFileSync(bare.file);
  const damaged = bytes.slice();
  damaged[bytes.length >> 1]! ^= 1;
  for (const wrong of [damaged, bytes.subarray(0, bytes.length - 100_000)]) {
    Deno.writeFileSync(bare.file, wrong);
    const { code, stdout, stderr } = await bare.run(["--version"]);
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(stderr, /start\/cairn is damaged or was replaced just now: load it again/);
    assert.deepEqual(namesIn(bare.cache), []);
  }
});

Deno.test(
  { name: "a first start that is ended leaves nothing, and the next one starts", ignore },
  async () => {
    using bare = await Bare.make();
    for (const signal of ["TERM", "HUP", "INT"]) {
      // On a machine so busy that it was done between two looks, it is tried again.
      for (let tries = 1; await endWhileUnpacking(bare, signal) === 0; tries++) {
        assert.ok(tries < 5, signal);
        Deno.removeSync(bare.cache, { recursive: true });
      }
      await waitFor("it to clean up", () => namesIn(bare.cache).length === 0);
    }
    assert.deepEqual(await bare.run(["--version"]), STARTED);
  },
);

Deno.test({ name: "what is missing of an unpacked program is unpacked again", ignore }, async () => {
  using bare = await Bare.make();
  assert.deepEqual(await bare.run(["--version"]), STARTED);
  const [hash] = namesIn(bare.cache);
  const unpacked = `${bare.cache}/${hash}`;
  Deno.truncateSync(`${unpacked}/main.js`);
  assert.deepEqual(await bare.run(["--version"]), STARTED);
  Deno.removeSync(`${unpacked}/src/platform/real/text_worker.js`);
  assert.deepEqual(await bare.run(["--version"]), STARTED);
  assert.deepEqual(namesIn(bare.cache), [hash]);
});

Deno.test({
  name:
    "where the cache is full or cannot be, the temporary directory serves; where neither does, it says so",
  ignore,
}, async () => {
  using bare = await Bare.make();
  await using full = await SmallDisk.mount(bare.at("full"), 20);
  if (full === null) return;
  const cases: readonly Readonly<Record<string, string>>[] = [
    { XDG_CACHE_HOME: full.path },
    { HOME: bare.at("start/cairn") },
    { HOME: "", XDG_CACHE_HOME: "relative" },
  ];
  for (const more of cases) {
    assert.deepEqual(await bare.run(["--version"], more), STARTED, JSON.stringify(more));
    const [place] = namesIn(bare.at("temporary"));
    assert.equal(place, `cairn-${Deno.uid()}`);
    Deno.removeSync(bare.at(`temporary/${place}`), { recursive: true });
  }
  const { code, stdout, stderr } = await bare.run(["--version"], {
    XDG_CACHE_HOME: full.path,
    TMPDIR: full.path,
  });
  assert.deepEqual([code, stdout], [1, ""]);
  assert.match(stderr, /^cairn: Cannot unpack the program, in none of these places:\n/);
  assert.match(stderr, /full\/cairn: [^→]*No space left on device/);
  assert.match(
    stderr,
    /→ Make \d+ MiB of room in one of them, or name another directory: XDG_CACHE_HOME=DIR or TMPDIR=DIR\n$/,
  );
  assert.deepEqual(namesIn(`${full.path}/cairn`), []);
});

Deno.test({
  name: "nothing is started from a directory of somebody else, and nothing left in somebody else's home",
  ignore: ignore || Deno.uid() !== 0,
  fn: async () => {
    using bare = await Bare.make();
    Deno.chownSync(bare.at("home"), 12_345, 12_345);
    assert.deepEqual(await bare.run(["--version"]), STARTED);
    assert.deepEqual(namesIn(bare.at("home")), []);
    const place = bare.at(`temporary/cairn-${Deno.uid()}`);
    Deno.chownSync(place, 12_345, 12_345);
    const { code, stderr } = await bare.run(["--version"]);
    assert.equal(code, 1);
    assert.match(stderr, /temporary\/cairn-0: it belongs to somebody else/);
  },
});

/** Signals a first start and all that it has started, as a terminal does, as soon as it unpacks; its exit code. */
async function endWhileUnpacking(bare: Bare, signal: string): Promise<number> {
  const [program, ...args] = bare.wrap([bare.file, "--version"]);
  const child = new Deno.Command(program!, { args, stdout: "null", stderr: "null", detached: true }).spawn();
  await waitFor("it to unpack", () => namesIn(bare.cache).length > 0, undefined, 1);
  await new Deno.Command("kill", { args: ["-s", signal, "--", `-${child.pid}`], stderr: "null" }).output();
  return (await child.status).code;
}
