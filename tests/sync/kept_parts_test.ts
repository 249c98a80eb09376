/** What a device keeps of a folder by patterns (R9, R10): what comes, what goes, what stays, and that it outlives a stop. */
import assert from "node:assert/strict";
import { modesService } from "../../src/daemon/modes.ts";
import { keepRules } from "../../src/folder/keep_patterns.ts";
import { KEEP } from "../../src/sync/kept_parts.ts";
import { placeBatch } from "../../src/sync/placing.ts";
import { pathOf } from "../support/entries.ts";
import { ask, askFor, causes, drop, getBack, keep, settleAtOnce, standingOf } from "../support/dropping.ts";
import { type Neighbour, Neighbours } from "../support/neighbours.ts";
import { waitFor } from "../support/wait.ts";

async function withTwo(
  run: (neighbours: Neighbours, laptop: Neighbour, nas: Neighbour) => Promise<void>,
): Promise<void> {
  await using neighbours = await Neighbours.openInMemory("laptop", "nas");
  settleAtOnce(neighbours);
  const [laptop, nas] = neighbours.all;
  await run(neighbours, laptop!, nas!);
}

Deno.test("what others make outside of the patterns is listed, inside it is fetched, over a restart too; what is made here is kept", async () => {
  await withTwo(async (neighbours, laptop, nas) => {
    assert.deepEqual((await keep(neighbours, laptop, ["2025/**"])).patterns, ["2025/**"]);
    nas.write("2025/in", "inside");
    nas.write("2019/out", "outside");
    nas.write(".cairnignore", "*.tmp\n");
    await neighbours.settle();
    const here = [".cairnignore: *.tmp\n", "2019/", "2025/", "2025/in: inside"];
    assert.deepEqual(laptop.list(), here);
    assert.equal(standingOf(laptop, "2019/out"), "listed");
    assert.deepEqual(laptop.kept(), []);

    await neighbours.restart(laptop);
    settleAtOnce(neighbours);
    await neighbours.settle();
    nas.write("2019/out", "outside, anew");
    nas.write("2019/more", "more");
    nas.write("2025/more", "more");
    laptop.write("2019/own", "made here");
    await neighbours.settle();
    assert.deepEqual(laptop.list(), [
      ...here.slice(0, 2),
      "2019/own: made here",
      ...here.slice(2),
      "2025/more: more",
    ]);
    assert.equal(nas.read("2019/own"), "made here");
    // What is here is taken on, and asked for comes what is outside.
    nas.write("2019/own", "edited there");
    assert.equal((await getBack(neighbours, laptop, "2019/out")).files, 1);
    await neighbours.settle();
    assert.equal(laptop.read("2019/own"), "edited there");
    assert.equal(laptop.read("2019/out"), "outside, anew");
    assert.equal(standingOf(laptop, "2019/more"), "listed");
    // Deleted, and made again: it is listed.
    nas.remove("2019/own");
    await neighbours.settle();
    assert.equal(standingOf(laptop, "2019/own"), "deleted");
    nas.write("2019/own", "once more");
    await neighbours.settle();
    assert.equal(standingOf(laptop, "2019/own"), "listed");
    // The nas alone has it: it may not go from there.
    assert.match(causes(await drop(neighbours, nas, "2019/more"))[0]!, /no other device has a copy/);
  });
});

Deno.test("other patterns drop and fetch what their preview said, and --all brings all back", async () => {
  await withTwo(async (neighbours, laptop, nas) => {
    for (const name of ["2024/a", "2024/b", "2025/a", "c"]) nas.write(name, `text of ${name}`);
    await neighbours.agree();
    const counts = ({ dropped, coming, absent, refusedTotal, outside }: Awaited<ReturnType<typeof keep>>) => [
      dropped.files,
      coming.files,
      absent.files,
      refusedTotal,
      outside.files,
    ];
    const preview = await keep(neighbours, laptop, ["2024/**"], { dryRun: true });
    assert.deepEqual(counts(preview), [2, 0, 0, 0, 2]);
    assert.equal((await keep(neighbours, laptop, null)).patterns.length, 0, "a preview changes nothing");
    const done = await keep(neighbours, laptop, ["2024/**"]);
    assert.deepEqual(counts(done), [2, 0, 0, 0, 0]);
    assert.deepEqual(done.dropped, preview.dropped);
    assert.deepEqual([done.kept.files, done.listed.files], [2, 2]);
    assert.deepEqual(laptop.list(), ["2024/", "2024/a: text of 2024/a", "2024/b: text of 2024/b", "2025/"]);
    await neighbours.settle();

    const other = ["2025/**", "!b", "c"];
    const wouldTurn = await keep(neighbours, laptop, other, { dryRun: true });
    assert.deepEqual(counts(wouldTurn).slice(0, 4), [2, 2, 0, 0]);
    const turned = await keep(neighbours, laptop, other);
    assert.deepEqual([turned.dropped, turned.coming], [wouldTurn.dropped, wouldTurn.coming]);
    await neighbours.settle();
    assert.deepEqual(laptop.list(), ["2024/", "2025/", "2025/a: text of 2025/a", "c: text of c"]);
    // A file that others move out of the patterns was here: it moves, and goes by the checked way alone.
    nas.write("2023/beside", "beside");
    await neighbours.settle();
    Deno.renameSync(nas.at("c"), nas.at("2023/moved"));
    await neighbours.settle();
    assert.equal(laptop.read("2023/moved"), "text of c");
    assert.equal((await keep(neighbours, laptop, null)).outside.files, 1);

    assert.ok((await keep(neighbours, laptop, [])).coming.files >= 2);
    await neighbours.agree();
    assert.equal(laptop.device.ledger.catalogue.values.local(KEEP + laptop.folder), null);
  });
});

Deno.test("nothing is dropped that no other device keeps or that others count on: it stays, is told, and goes when it may", async () => {
  await withTwo(async (neighbours, laptop, nas) => {
    laptop.write("a", "text");
    laptop.write("counted", "text that the nas counts on");
    await neighbours.agree();
    assert.deepEqual(await askFor(nas, laptop, "counted"), [0]);
    neighbours.part(nas);
    await waitFor("the nas to go", () => laptop.device.links.session(nas.device.identity.id) === null);
    const would = await keep(neighbours, laptop, ["none"], { dryRun: true });
    const refused = await keep(neighbours, laptop, ["none"]);
    assert.deepEqual([would.dropped.files, would.refusedTotal], [0, 2]);
    assert.deepEqual(refused.refused, would.refused);
    const [a, counted] = refused.refused.map(({ cause }) => cause);
    assert.match(a!, /nas is not connected/);
    assert.match(counted!, /nas drops its own copy and counts on this one/);
    assert.deepEqual([laptop.read("a"), refused.outside.files], ["text", 2]);
    await neighbours.meet();
    await waitFor(
      "the promise to be over",
      () => laptop.device.selective.promises.countingOn(laptop.folder).length === 0,
    );
    await ask(laptop, { copies: 1, on: [laptop.device.identity.id] });
    const policy = await keep(neighbours, laptop, null, { again: true });
    assert.deepEqual(
      policy.refused.map(({ cause }) => cause),
      Array(2).fill("a policy asks for a copy on this device"),
    );
    await ask(laptop, { copies: 1, on: null });
    const gone = await keep(neighbours, laptop, null, { again: true });
    assert.deepEqual([gone.dropped.files, gone.refusedTotal], [2, 0]);
    assert.deepEqual([laptop.list(), nas.list().length], [[], 2]);
  });
});

Deno.test("a placement that was begun by other patterns is begun anew by those in force", async () => {
  await withTwo(async (_, laptop, nas) => {
    const { replica, inbound } = laptop.sync;
    inbound.stop();
    const path = pathOf("a");
    nas.write("a", "text");
    await nas.look();
    await waitFor("it to be known", () => replica.othersAt(path).length === 1);
    const { content, mode, mtimeMs } = replica.othersAt(path)[0]!.row.entry;
    const staged = { content: content!, stage: `${laptop.home}/staged`, mode, mtimeMs, isDurable: true };
    const place = async (patterns: readonly string[], isFetched: boolean) => {
      replica.keep = keepRules(patterns);
      const ready = { path, staged: isFetched ? staged : null, movedFrom: null };
      return (await replica.exclusive(() => placeBatch(replica, [ready]))).get(path)?.kind;
    };
    assert.equal(await place(["b"], true), "again");
    assert.equal(await place(["a"], false), "again");
    assert.equal(standingOf(laptop, "a"), "nothing");
    assert.equal(await place(["b"], false), "done");
    assert.equal(standingOf(laptop, "a"), "listed");
  });
});

Deno.test("stopped between the patterns and what they bring back, the next start goes on", async () => {
  await withTwo(async (neighbours, laptop, nas) => {
    nas.write("a", "text");
    await neighbours.agree();
    await keep(neighbours, laptop, ["none"]);
    assert.equal(standingOf(laptop, "a"), "listed");
    const { ledger } = laptop.device;
    await ledger.commit({
      type: "local",
      key: KEEP + laptop.folder,
      value: { patterns: ["a"], isSettled: false },
    });
    await neighbours.restart(laptop);
    settleAtOnce(neighbours);
    await neighbours.settle();
    await waitFor("it to be back", () => laptop.read("a") === "text");
    assert.deepEqual((await keep(neighbours, laptop, null)).patterns, ["a"]);
    // What was dropped by hand stays so, over a restart.
    await neighbours.settle();
    assert.deepEqual(causes(await drop(neighbours, laptop, "a")), []);
    await neighbours.restart(laptop);
    await neighbours.settle();
    assert.equal(standingOf(laptop, "a"), "listed");
  });
});

Deno.test("patterns are refused where nothing is taken, and what only lists takes no folder of which a part is kept", async () => {
  await withTwo(async (neighbours, laptop) => {
    const modes = modesService(laptop.device, neighbours.clock, () => []);
    const change = (mode: "send" | "sync" | "index") =>
      modes.changeMode({ folder: "Notes", mode, dryRun: false });
    await change("send");
    await assert.rejects(keep(neighbours, laptop, ["a"]), /mode send on this device, which takes nothing/);
    await change("index");
    await assert.rejects(keep(neighbours, laptop, ["a"]), /mode index on this device, which takes nothing/);
    await change("sync");
    await assert.rejects(keep(neighbours, laptop, ["a", "#"]), /"#" is no pattern/);
    assert.deepEqual((await keep(neighbours, laptop, null)).patterns, []);
    await keep(neighbours, laptop, ["a"]);
    await assert.rejects(change("index"), /keeps only a part of "Notes"/);
    await keep(neighbours, laptop, []);
    await change("index");
  });
});
