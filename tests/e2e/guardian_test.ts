/** Tags, policies, what is at risk and what is there twice, by the commands of two real devices. */
import assert from "node:assert/strict";
import type { DupesAnswer, GuardAnswer } from "../../src/daemon/guardian_types.ts";
import type { LabelsAnswer, TagsAnswer } from "../../src/daemon/labels_types.ts";
import type { Device } from "../support/device.ts";
import { converge, pairUp, until, World } from "../support/pair.ts";

const json = async <T>(device: Device, ...args: string[]): Promise<T> =>
  JSON.parse(await device.cli(...args, "--json"));

Deno.test("tags follow contents to the other device, policies are kept, and what is at risk or twice is told", async (t) => {
  await using world = new World();
  const { a, b } = await pairUp(world);
  for (
    const [path, text] of [["one.txt", "the first"], ["two.txt", "the second"], ["copy.txt", "the first"]]
  ) {
    Deno.writeTextFileSync(`${a.data}/${path}`, text!);
  }
  await converge("the files", a, b);
  const folder =
    (JSON.parse(await a.cli("status", "--json")) as { folders: { name: string }[] }).folders[0]!.name;

  await t.step(
    "a tag is of the content: a copy has it, on the other device too; one of the place is not",
    async () => {
      await a.cli("tag", `${folder}/one.txt`, "+Work/Tax", "-draft", "--note", "for Anna");
      await a.cli("tag", `${a.data}/two.txt`, "+inbox", "--path");
      await until("the tags to come", async () => (await json<TagsAnswer>(b, "tags")).tags.length === 2, b);
      const copy = await json<LabelsAnswer>(b, "tag", `${folder}/copy.txt`);
      assert.deepEqual([copy.tags, copy.note, copy.placeTags], [["work/tax"], "for Anna", []]);
      assert.deepEqual((await json<LabelsAnswer>(b, "tag", `${folder}/two.txt`)).placeTags, ["inbox"]);
      await b.cli("tag", `${folder}/copy.txt`, "-work/tax");
      await until("it to go", async () => (await json<TagsAnswer>(a, "tags")).tags.length === 1, a);
      assert.match(await a.cli("tag", `${folder}/one.txt`), /for Anna/);
      await assert.rejects(a.cli("tag", `${folder}/one.txt`, "+two words"), /cannot be a tag/);
    },
  );

  await t.step(
    "a policy that cannot be met is refused; one that can holds on both, and tells when it is not met",
    async () => {
      await assert.rejects(
        a.cli("guard", "set", folder, "--copies", "3"),
        /policy-unmeetable|cannot be kept/,
      );
      await a.cli("guard", "set", folder, "--copies", "2", "--on", "beta");
      await until("it to come", async () => (await json<GuardAnswer>(b, "guard")).policies.length === 1, b);
      const answer = await json<GuardAnswer>(b, "guard");
      assert.equal(answer.schema, "cairn.guard/1");
      assert.equal(answer.behind, 0);
      assert.equal(answer.files, 3);
      // Both devices of this test are on one disk, and say so once they have looked.
      assert.ok(
        answer.risks.every(({ reason }) => ["too-few", "nearly-full"].includes(reason)),
        JSON.stringify(answer.risks),
      );
      await b.cli("guard", "unset", folder);
      assert.deepEqual((await json<GuardAnswer>(b, "guard")).policies, []);
    },
  );

  await t.step("what is there twice is told with what would be gained on both devices", async () => {
    const answer = await json<DupesAnswer>(b, "dupes");
    assert.deepEqual([answer.groupsTotal, answer.gain, answer.groups[0]!.placesTotal], [1, 18, 2]);
    assert.match(await a.cli("dupes", folder, "--within"), /copy\.txt/);
    assert.match(await a.cli("dupes", "--across"), /No duplicates/);
  });

  await t.step("what one device alone has is at risk", async () => {
    await b.stop();
    Deno.writeTextFileSync(`${a.data}/only.txt`, "only here");
    await until("it to be told", async () => {
      const { risks } = await json<GuardAnswer>(a, "guard");
      return risks.some(({ reason, files, examples }) =>
        reason === "one-device" && files === 1 && examples[0] === `${folder}/only.txt`
      );
    }, a);
  });
});
