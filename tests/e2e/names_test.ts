/**
 * Names on a real disk that does not tell all of them apart. No such disk comes with Linux: the test runs where `CAIRN_TEST_FOLDING_DISK` names
 * a directory on one (exFAT, NTFS with ignore_case, APFS). What such a disk does is also imitated, in `tests/sync/respelling_test.ts`.
 */
import assert from "node:assert/strict";
import { type Device, prepareDevices } from "../support/device.ts";
import { folderOf, join, share, textOf, until, World } from "../support/pair.ts";

const DISK = Deno.env.get("CAIRN_TEST_FOLDING_DISK");
const ignore = DISK === undefined;

/** `linux` on this machine's own disk, `mac` with its folder on the folding one. */
async function onTwoDisks(run: (linux: Device, mac: Device) => Promise<void>): Promise<void> {
  await prepareDevices();
  const dir = Deno.makeTempDirSync({ dir: DISK!, prefix: "cairn-e2e-" });
  try {
    await using world = new World();
    const [linux, mac] = [world.device("linux"), world.device("mac")];
    Deno.removeSync(mac.data);
    Deno.symlinkSync(dir, mac.data);
    await run(linux, mac);
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
}

function write(device: Device, path: string, text: string): void {
  const at = `${device.data}/${path}`;
  Deno.mkdirSync(at.slice(0, at.lastIndexOf("/")), { recursive: true });
  Deno.writeTextFileSync(at, text);
}

function list(device: Device, below = ""): string[] {
  return [...Deno.readDirSync(`${device.data}/${below}`)].flatMap(({ name, isDirectory }) =>
    name === ".cairn"
      ? []
      : isDirectory
      ? [`${below}${name}/`, ...list(device, `${below}${name}/`)]
      : [`${below}${name}=${textOf(`${device.data}/${below}${name}`)}`]
  ).sort();
}

async function problemsOf(device: Device): Promise<string[]> {
  return (await folderOf(device)).problems.map(({ path, cause }) => `${path}: ${cause}`).sort();
}

async function isUpToDate(device: Device): Promise<boolean> {
  return (await folderOf(device)).state.kind === "up-to-date";
}

Deno.test({
  name:
    "names that one disk cannot tell apart are kept on the other, explained here, and placed when the clash goes",
  ignore,
  fn: () =>
    onTwoDisks(async (linux, mac) => {
      for (const [path, text] of [["Foo", "upper"], ["foo", "lower"], ["d/A", "1"], ["D/b", "2"]]) {
        write(linux, path!, text!);
      }
      write(linux, "plain", "plain");
      await share(linux);
      await join(mac, linux);
      const all = list(linux);
      const states: string[] = [];
      await until(
        "mac to say what it cannot have",
        async () => {
          const { state } = await folderOf(mac);
          states.push(state.kind);
          return state.kind === "waiting" && (await problemsOf(mac)).length === 3;
        },
        mac,
        linux,
      );
      assert.deepEqual(list(mac), ["D/", "D/b=2", "Foo=upper", "plain=plain"]);
      assert.deepEqual(list(linux), all);
      assert.ok(await isUpToDate(linux));
      assert.match(
        (await problemsOf(mac)).join("\n"),
        /foo: differs only in upper and lower case from "Foo"/,
      );

      Deno.renameSync(`${linux.data}/foo`, `${linux.data}/bar`);
      Deno.renameSync(`${linux.data}/d`, `${linux.data}/e`);
      await until(
        "all to be there",
        async () => await isUpToDate(mac) && await isUpToDate(linux),
        mac,
        linux,
      );
      assert.deepEqual(list(mac), ["D/", "D/b=2", "Foo=upper", "bar=lower", "e/", "e/A=1", "plain=plain"]);
      assert.deepEqual(list(linux), list(mac));
      assert.deepEqual(await problemsOf(mac), []);
    }),
});

Deno.test({
  name: "a change of case alone is a rename, of a file and of a directory, in both directions",
  ignore,
  fn: () =>
    onTwoDisks(async (linux, mac) => {
      write(linux, "Notes.txt", "notes");
      for (let i = 0; i < 20; i++) write(linux, `Photos/Sub/${i}.jpg`, `picture ${i}`);
      await share(linux);
      await join(mac, linux);
      const same = async () =>
        list(mac).join() === list(linux).join() && await isUpToDate(mac) && await isUpToDate(linux);
      await until("the same", same, mac, linux);

      Deno.renameSync(`${mac.data}/Notes.txt`, `${mac.data}/notes.txt`);
      await until(
        "linux to follow",
        async () => list(linux).includes("notes.txt=notes") && await same(),
        mac,
        linux,
      );
      Deno.renameSync(`${linux.data}/notes.txt`, `${linux.data}/NOTES.txt`);
      Deno.renameSync(`${linux.data}/Photos`, `${linux.data}/photos`);
      await until(
        "mac to follow",
        async () => list(mac).includes("NOTES.txt=notes") && await same(),
        mac,
        linux,
      );
      Deno.renameSync(`${mac.data}/photos/Sub`, `${mac.data}/photos/sub`);
      await until(
        "linux to follow again",
        async () => list(linux).includes("photos/sub/") && await same(),
        mac,
        linux,
      );
      assert.equal(list(linux).filter((line) => line.includes("picture")).length, 20);
      assert.ok(!list(linux).some((line) => line.includes("conflict")));
    }),
});

Deno.test({
  name: "names that the disk does not take stay on the other device, are named, and cost nothing more",
  ignore,
  fn: () =>
    onTwoDisks(async (linux, mac) => {
      for (const name of ["a:b", "what?", 'd/q"q', "a\\b", "fine"]) write(linux, name, "text");
      await share(linux);
      await join(mac, linux);
      await until(
        "mac to say so",
        async () => (await folderOf(mac)).state.kind === "waiting" && list(mac).includes("fine=text"),
        mac,
        linux,
      );
      assert.equal((await problemsOf(mac)).filter((line) => /cannot be stored here/.test(line)).length, 4);
      write(linux, "fine", "text, edited");
      await until("other things to go on", () => list(mac).includes("fine=text, edited"), mac, linux);
      assert.equal(list(linux).length, 6);
    }),
});
