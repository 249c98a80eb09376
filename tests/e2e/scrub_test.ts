/** A disk that changes a bit by itself, under a real device: found, told to nobody, healed, or named as at risk. */
import assert from "node:assert/strict";
import type { VerifiedFolder } from "../../src/daemon/verify_types.ts";
import type { Device } from "../support/device.ts";
import { converge, folderOf, join, sh, share, start, textOf, until, World } from "../support/pair.ts";
import { RottingDisk } from "../support/rotting_disk.ts";

interface Told {
  readonly schema: string;
  readonly folders: readonly VerifiedFolder[];
}

/** Files that were just written are passed over, until nothing could hide in the clock's grain. */
async function verified(device: Device): Promise<{ code: number; folder: VerifiedFolder }> {
  let told: { code: number; folder: VerifiedFolder } | null = null;
  await until("all files to be read", async () => {
    const { code, stdout } = await device.run("verify", "--json");
    const { schema, folders } = JSON.parse(stdout) as Told;
    assert.equal(schema, "cairn.verify/1");
    told = { code, folder: folders[0]! };
    return told.folder.unsure === 0 && told.folder.isWhole;
  }, device);
  return told!;
}

Deno.test("a bit that flips on the disk is found by reading it again, and healed", async (t) => {
  await using world = new World();
  const [a, b] = [world.device("alpha"), world.device("beta")];
  await using disk = await RottingDisk.mount(b.data, `${b.work}/image`, 64);
  if (disk === null) {
    return console.warn("Skipped: no file system can be mounted here (it takes root on Linux)");
  }
  await share(a);
  await join(b, a);
  await sh(
    a.data,
    "mkdir d; echo precious > d/small; head -c 3000000 /dev/urandom > large; echo fine > other",
  );
  await converge("the files", a, b);
  const large = Deno.readFileSync(`${a.data}/large`);

  await t.step("equal replicas are proved to be equal", async () => {
    const { code, folder } = await verified(b);
    assert.equal(code, 0);
    assert.equal(folder.isEqual, true);
    assert.deepEqual(folder.replicas.map(({ device }) => device), ["beta", "alpha"]);
    assert.equal(folder.replicas[0]!.digest, folder.replicas[1]!.digest);
    assert.equal(folder.files, 3);
    const there = await verified(a);
    assert.equal(
      there.folder.replicas[0]!.digest,
      folder.replicas[0]!.digest,
      "the other device comes to the same",
    );
    assert.ok(there.folder.replicas[1]!.passedMs > 0, "and knows that this one has read all");
  });

  await t.step("a flipped bit is found, healed from the other device, and announced by nobody", async () => {
    await disk.rot(`${b.data}/d/small`);
    await disk.rot(`${b.data}/large`);
    const { code, folder } = await verified(b);
    assert.equal(code, 0, "what is healed is no failure");
    assert.deepEqual(folder.damaged.map(({ path, healed }) => [path, healed]).sort(), [["d/small", true], [
      "large",
      true,
    ]]);
    assert.equal(textOf(`${b.data}/d/small`), "precious\n");
    assert.deepEqual(Deno.readFileSync(`${b.data}/large`), large);
    assert.equal(textOf(`${a.data}/d/small`), "precious\n");
    const log = await b.cli("log");
    assert.match(log, /damaged +data\/d\/small/);
    assert.match(log, /healed +data\/d\/small +from another device/);
    assert.match(await b.cli("versions", `${b.data}/d/small`), /damaged by the disk/);
    assert.match(await b.cli("status"), /2 damaged files healed/);
    await converge("the folder", a, b);
  });

  await t.step(
    "without another copy it is at risk, over a restart too, and heals when one comes",
    async () => {
      await a.stop();
      await sh(b.data, "echo mine alone > lonely");
      await until("it is recorded", async () => (await folderOf(b)).files === 4, b);
      await verified(b);
      await disk.rot(`${b.data}/lonely`);
      await disk.rot(`${b.data}/other`);
      const { code, folder } = await verified(b);
      assert.equal(code, 1);
      const causes = new Map(folder.damaged.map(({ path, cause }) => [path, cause]));
      assert.match(causes.get("lonely")!, /no other copy of it is known/);
      assert.match(causes.get("other")!, /no device that has another copy is connected/);
      const told = await b.run("verify");
      assert.equal(told.code, 1);
      assert.match(
        told.stdout,
        /lonely: damaged by the disk: .+\n +→ If a backup has it, put that in its place/,
      );
      assert.match(told.stdout, /other: damaged by the disk: .+\n +→ Start one that has it/);
      assert.match(told.stderr, /2 files are damaged and could not be healed\n→ /);
      assert.match(
        await b.cli("guard"),
        /2 files of data damaged by the disk of beta, and not healed when it was last read\.\n +→ On beta: cairn verify/,
      );
      await b.stop();
      await start(b, "up");
      await until(
        "the folder to be looked through",
        async () => (await folderOf(b)).state.kind !== "scanning",
        b,
      );
      const { problems, state } = await folderOf(b);
      assert.deepEqual(
        problems.map(({ path }) => path).sort(),
        ["lonely", "other"],
      );
      assert.notEqual(state.kind, "up-to-date");
      await start(a, "up");
      await until(
        "the healthy one to be the same on both",
        async () => {
          const { folder } = await verified(b);
          return folder.damaged.find(({ path }) => path === "other")?.healed !== false;
        },
        a,
        b,
      );
      assert.equal(textOf(`${b.data}/other`), "fine\n");
      assert.equal(textOf(`${a.data}/other`), "fine\n", "the bad bytes went nowhere");
    },
  );

  await t.step("replicas that differ are told apart, with why", async () => {
    await a.stop();
    await sh(b.data, "echo new > d/new; chmod 600 large");
    await until("they are recorded", async () => (await folderOf(b)).files === 5, b);
    const { folder } = await verified(b);
    assert.equal(folder.isEqual, false);
    const why = new Map(folder.differences.map((one) => [one.path, one.why]));
    assert.equal(why.get("d/new"), "not on all of them");
    assert.equal(why.get("large"), "different permissions");
    assert.deepEqual(folder.differences.find(({ path }) => path === "d/new")!.has.alpha, null);
  });
});
