import assert from "node:assert/strict";
import { contentOf, dot, entryOf, lsnOf, rowOf, stampOf } from "../support/entries.ts";
import { DAMAGED, damagedValue } from "../../src/core/damaged.ts";
import { AWAY_DAYS } from "../../src/core/limits.ts";
import { DISK, diskValue, SCRUB } from "../../src/library/disks.ts";
import { tagSourceOf } from "../../src/library/tag_source.ts";
import { parseQuery } from "../../src/core/query.ts";
import { findFiles } from "../../src/library/find.ts";
import { findDuplicates } from "../../src/library/duplicates.ts";
import { guard, Scene } from "../../src/library/guardian.ts";
import { labelKey } from "../../src/core/label.ts";
import { type Asked, policyFields, type Scope } from "../../src/library/policies.ts";
import { REPLICA } from "../../src/library/folders.ts";
import { membershipOf } from "../../src/library/members.ts";
import { answerNow } from "../../src/library/questions.ts";
import { examplesOf, mendOf } from "../../src/library/risk_words.ts";
import { DEVICE_IDS, deviceIdOf, Five, FOLDERS, type Name } from "../support/five_devices.ts";

const NOW = Date.UTC(2026, 10, 1);
const DAY = 86_400_000;
let counter = 0;
const file = (path: string, text: string) =>
  rowOf(path, entryOf({ text, dots: [dot(1, ++counter)], stamp: counter * 1024 }));
const folder = (name: string): Scope => ({
  kind: "folder",
  folder: FOLDERS.find((one) => one.name === name)!.id,
});

/** Everybody was here today. */
function library(): Five {
  const five = new Five();
  for (const name of ["desktop", "nas", "phone", "tablet"] as const) seen(five, name, NOW);
  return five;
}

function seen({ catalogue: { cursors, ids } }: Five, name: Name, atMs: number): void {
  cursors.seen(ids.device(deviceIdOf(name)), atMs, "");
}

function ask({ catalogue }: Five, scope: Scope, asked: Partial<Asked>): void {
  const writer = { device: DEVICE_IDS[0]!, stamp: (replaced: number) => stampOf(replaced + 1024) };
  const fields = policyFields(catalogue, scope, asked, writer);
  catalogue.db.transaction(() => fields.forEach((field) => catalogue.values.putShared(field, lsnOf(3))));
}

function fact(
  { catalogue: { values, ids } }: Five,
  name: Name,
  of: string,
  prefix: string,
  value: unknown,
): void {
  values.putFact(
    ids.device(deviceIdOf(name)),
    prefix + FOLDERS.find((one) => one.name === of)!.id,
    value,
    lsnOf(2),
  );
}

/** Reason, folder or tag, files, bytes, devices. */
function risks(five: Five) {
  const { risks, ...rest } = answerNow(guard(five.asking, NOW));
  const scene = new Scene(five.asking, NOW);
  return {
    ...rest,
    lines: risks.map((risk) => {
      const where = risk.tag ?? FOLDERS.find(({ id }) => five.catalogue.ids.folder(id) === risk.folder)!.name;
      const names = risk.devices.map((device) => scene.devices.get(device)!.name).sort().join("+");
      return `${risk.reason} ${where} ${risk.files} ${risk.bytes} ${names}`;
    }),
    examples: risks.map((risk) => answerNow(examplesOf(scene, risk))),
    mends: risks.map((risk) => mendOf(scene, risk)),
  };
}

Deno.test("a file on one device alone is at risk; where policies ask for copies, one with fewer; worst first, with examples", () => {
  using five = library();
  five.say("laptop", "Photos", [file("a.jpg", "1234"), file("b.jpg", "12345678")]);
  five.say("nas", "Photos", [
    five.catalogue.rows.at(five.catalogue.ids.folder(FOLDERS[0]!.id), "b.jpg" as never)[0]!.row,
  ]);
  five.say("laptop", "Documents", [file("tax.pdf", "text")]);
  const plain = risks(five);
  assert.deepEqual([plain.files, plain.safe], [3, 1]);
  assert.deepEqual(plain.lines, ["one-device Photos 1 4 laptop", "one-device Documents 1 4 laptop"]);
  assert.deepEqual(plain.examples, [["Photos/a.jpg"], ["Documents/tax.pdf"]]);
  ask(five, folder("Photos"), { copies: 2 });
  ask(five, { kind: "all" }, { copies: 1 });
  const asked = risks(five);
  assert.deepEqual(asked.lines, ["too-few Photos 1 4 laptop"]);
  assert.match(asked.mends[0]!, /takes part in "Photos" and has not got it yet/);
  assert.equal(asked.totals[0]!.bytes, 4);
  ask(five, folder("Photos"), { copies: 3, on: [deviceIdOf("tablet")] });
  const more = risks(five).lines;
  assert.deepEqual(more, [
    "too-few Photos 1 8 laptop+nas",
    "too-few Photos 1 4 laptop",
    "elsewhere Photos 1 8 laptop+nas",
    "elsewhere Photos 1 4 laptop",
  ]);
});

Deno.test("copies on two folders of one disk count once, and on two disks of one device twice", () => {
  using five = library();
  const rows = [file("x", "same")];
  five.say("laptop", "Photos", rows);
  five.say("laptop", "Documents", rows);
  ask(five, { kind: "all" }, { copies: 2 });
  assert.deepEqual(
    risks(five).lines,
    ["too-few Photos 1 4 laptop", "too-few Documents 1 4 laptop"],
    "nothing is known of disks",
  );
  const disk = (id: string, freeShare = 0.5, isFailing = false) => diskValue({ id, freeShare, isFailing });
  fact(five, "laptop", "Photos", DISK, disk("one"));
  fact(five, "laptop", "Documents", DISK, disk("two"));
  assert.deepEqual(risks(five).lines, []);
  fact(five, "laptop", "Documents", DISK, disk("one"));
  assert.equal(risks(five).lines.length, 2);
  fact(five, "laptop", "Photos", DISK, disk("one", 0.02, true));
  fact(five, "laptop", "Documents", DISK, disk("one", 0.02, true));
  assert.deepEqual([...new Set(risks(five).lines.map((line) => line.split(" ")[0]))], [
    "failing-disk",
    "too-few",
    "nearly-full",
  ]);
  fact(five, "laptop", "Documents", DISK, { id: 7, free_share: "none" });
  assert.equal(risks(five).lines.length, 6, "what nobody can read says nothing, and is no second disk");
});

Deno.test("what is only on devices that were not here for long may be gone; one that is here makes it safe", () => {
  using five = library();
  const rows = [file("x", "same")];
  five.say("phone", "Photos", rows);
  five.say("tablet", "Photos", rows);
  assert.deepEqual(risks(five).lines, []);
  for (const name of ["phone", "tablet"] as const) seen(five, name, NOW - (AWAY_DAYS + 1) * DAY);
  const away = risks(five);
  assert.deepEqual(away.lines, ["away Photos 1 4 phone+tablet"]);
  assert.match(away.mends[0]!, /Switch on phone, tablet/);
  five.online.add("tablet");
  assert.deepEqual(risks(five).lines, []);
});

Deno.test("a device that this one never met was last here when it was let in", () => {
  const DAYS = 1024 * DAY;
  const stamps = [NOW / DAY - 1, NOW / DAY - AWAY_DAYS - 1].map((day) => stampOf(Math.floor(day) * DAYS));
  for (const [i, expected] of [["one-device"], ["away", "one-device"]].entries()) {
    using five = library();
    const { catalogue } = five;
    seen(five, "phone", 0);
    const { fields } = membershipOf(catalogue);
    const [, field] = [...fields].find(([{ device }]) => device === deviceIdOf("phone"))!;
    catalogue.db.transaction(() => catalogue.values.putShared({ ...field, stamp: stamps[i]! }, lsnOf(4)));
    five.say("phone", "Photos", [file("x", "only")]);
    assert.deepEqual(risks(five).lines.map((line) => line.split(" ")[0]), expected);
  }
});

Deno.test("what would mend it counts in that who only lists files gives them to nobody", () => {
  using five = library();
  const { catalogue } = five;
  five.say("laptop", "Photos", [file("x", "only here")]);
  const mode = (name: Name, mode: string) =>
    catalogue.values.putFact(
      catalogue.ids.device(deviceIdOf(name)),
      REPLICA + FOLDERS[0]!.id,
      { mode },
      lsnOf(2),
    );
  mode("laptop", "index");
  assert.deepEqual(risks(five).mends, [
    "On laptop, which gives it to nobody: cairn folders mode Photos sync. desktop then takes it.",
  ]);
  for (const name of ["desktop", "nas", "phone", "tablet"] as const) mode(name, "index");
  assert.deepEqual(risks(five).mends, [
    "On laptop, which gives it to nobody: cairn folders mode Photos sync. On desktop: cairn folders mode Photos sync",
  ]);
  mode("laptop", "send");
  for (const name of ["desktop", "nas", "phone", "tablet"] as const) mode(name, "none");
  assert.deepEqual(risks(five).mends, ["On desktop: cairn folders add Photos PATH"]);
});

Deno.test("that something was verified lately is looked at only where it is asked for", () => {
  using five = library();
  for (const name of ["laptop", "nas"] as const) five.say(name, "Photos", [file("x", "same")]);
  assert.deepEqual(risks(five).lines, []);
  ask(five, folder("Photos"), { verifiedDays: 30 });
  assert.deepEqual(risks(five).lines.map((line) => line.split(" ")[0]), ["unverified"]);
  fact(five, "nas", "Photos", SCRUB, { passed_ms: NOW - 29 * DAY });
  assert.deepEqual(risks(five).lines, []);
  fact(five, "nas", "Photos", SCRUB, { passed_ms: NOW - 31 * DAY });
  assert.equal(risks(five).lines.length, 1);
});

Deno.test("what a tag asks holds for every copy of a content, and for the file at a place; tags below it too", () => {
  using five = library();
  for (const name of ["laptop", "nas"] as const) {
    five.say(name, "Photos", [file("x", "same"), file("y", "other")]);
  }
  const tag = (key: string, name: string) =>
    five.catalogue.values.putShared({
      kind: "tag",
      key,
      field: name,
      value: true,
      stamp: stampOf(9),
      writer: DEVICE_IDS[0]!,
    }, lsnOf(3));
  tag(contentOf("same"), "work/tax");
  tag(labelKey({ kind: "place", folder: FOLDERS[0]!.id, path: "y" as never }), "work");
  tag(labelKey({ kind: "place", folder: FOLDERS[0]!.id, path: "none" as never }), "work");
  ask(five, { kind: "tag", tag: "work" }, { copies: 3 });
  const { lines, examples, totals } = risks(five);
  assert.deepEqual(lines, [`too-few work 2 9 laptop+nas`]);
  assert.deepEqual(examples[0]!.sort(), ["Photos/x", "Photos/y"]);
  assert.deepEqual(totals, [], "counted apart");
});

Deno.test("rows of who does not count are no copies", () => {
  using five = library();
  for (const name of ["laptop", "nas"] as const) five.say(name, "Photos", [file("x", "same")]);
  assert.deepEqual(risks(five).lines, []);
  five.catalogue.rows.ignored = new Set([five.catalogue.ids.device(deviceIdOf("nas"))]);
  assert.deepEqual(risks(five).lines, ["one-device Photos 1 4 laptop"]);
});

const dupes = (five: Five, over: Partial<Parameters<typeof findDuplicates>[1]> = {}) =>
  answerNow(
    findDuplicates(five.asking, { which: "all", minSize: 1, isInside: null, limit: 20, ...over }, NOW),
  );

Deno.test("what a disk has damaged is no copy for anybody, until its device says otherwise, and with no other copy it may be lost", () => {
  using five = library();
  const rows = [file("x", "same"), file("y", "twice"), file("z", "twice")];
  five.say("laptop", "Photos", rows);
  five.say("nas", "Photos", rows);
  const says = (name: Name, ...texts: string[]) =>
    fact(five, name, "Photos", DAMAGED, damagedValue(texts.map((text) => contentOf(text))));
  const copies = (count: number) => {
    const { query } = parseQuery(`kind:file copies:${count}`, () => null);
    const { found } = answerNow(findFiles(five.asking, query, 10, { tags: null, texts: null }));
    return found.map(({ address }) => address).sort();
  };
  const all = ["Photos/x", "Photos/y", "Photos/z"];
  assert.deepEqual([risks(five).lines, risks(five).safe, copies(2)], [[], 3, all]);
  says("nas", "same", "twice");
  assert.deepEqual(risks(five).lines, ["one-device Photos 1 4 laptop"], "one of two paths is good still");
  assert.deepEqual([copies(1), copies(2)], [["Photos/x"], ["Photos/y", "Photos/z"]]);
  says("laptop", "same");
  says("nas", "same", "twice", "twice");
  const found = risks(five);
  assert.deepEqual(found.lines, ["damaged Photos 1 4 laptop+nas", "one-device Photos 2 10 laptop"]);
  assert.deepEqual([found.files, found.safe], [3, 0]);
  assert.match(found.mends[0]!, /^On (laptop, nas|nas, laptop): cairn status names/);
  const [group] = dupes(five).groups;
  assert.deepEqual([group!.gain, group!.places.map(({ devices }) => devices.join())], [5, [
    "laptop",
    "laptop",
  ]]);
  assert.deepEqual(copies(1), ["Photos/y", "Photos/z"]);
  five.say("nas", "Photos", [
    rowOf("moved", rows[0]!.entry),
    rowOf("x", entryOf({ kind: "deleted", dots: [dot(1, ++counter)] })),
  ]);
  assert.deepEqual(
    risks(five).lines.filter((line) => line.startsWith("damaged")).length,
    1,
    "its name saves nothing",
  );
  says("laptop");
  says("nas");
  assert.ok(
    risks(five).lines.every((line) => line.startsWith("one-device")),
    "x is on the laptop, moved on the nas",
  );
  assert.deepEqual(copies(2).slice(-2), ["Photos/y", "Photos/z"]);
  fact(five, "nas", "Photos", DAMAGED, [["no content", -1]]);
  assert.deepEqual(copies(2).slice(-2), ["Photos/y", "Photos/z"], "what nobody can read says nothing");
});

Deno.test("the same path on several devices is no duplicate; several paths are, and the gain counts every device", () => {
  using five = library();
  const rows = [file("a", "0123456789"), file("copy of a", "0123456789"), file("b", "unlike")];
  for (const name of ["laptop", "nas"] as const) five.say(name, "Photos", rows);
  five.say("phone", "Music", [file("c", "unlike too")]);
  const found = dupes(five);
  assert.deepEqual([found.groupsTotal, found.gain], [1, 20]);
  const [group] = found.groups;
  assert.deepEqual(group!.places.map(({ address, devices, stays }) => [address, devices, stays]), [
    ["Photos/a", ["laptop", "nas"], true],
    ["Photos/copy of a", ["laptop", "nas"], false],
  ]);
});

Deno.test("within and across tell what one device has twice from what different ones have; policies keep what they ask for", () => {
  using five = library();
  five.say("laptop", "Photos", [file("a", "0123456789"), file("b", "other")]);
  five.say("laptop", "Documents", [file("b too", "other")]);
  five.say("nas", "Music", [file("a elsewhere", "0123456789")]);
  assert.deepEqual(dupes(five, { which: "within" }).groups.map(({ size }) => size), [5]);
  assert.deepEqual(dupes(five, { which: "across" }).groups.map(({ size }) => size), [10]);
  assert.equal(dupes(five).gain, 15);
  assert.deepEqual(dupes(five, { minSize: 6 }).groups.map(({ size }) => size), [10]);
  const inMusic = five.catalogue.ids.folder(FOLDERS[2]!.id);
  assert.deepEqual(dupes(five, { isInside: (folder) => folder === inMusic }).groups.map(({ size }) => size), [
    10,
  ]);
  ask(five, folder("Photos"), { copies: 2 });
  const kept = dupes(five, { which: "across" });
  assert.deepEqual([kept.gain, kept.groups[0]!.places.every(({ stays }) => stays)], [0, true]);
});

Deno.test("figures of duplicates are those of brute force, whatever five devices did", () => {
  using five = library();
  let seed = 7;
  const next = (below: number) => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) % below;
  const names = ["laptop", "desktop", "nas"] as const;
  const has = new Map<string, { text: string; devices: Set<string> }>();
  for (let i = 0; i < 400; i++) {
    const [name, of, path, text] = [
      names[next(3)]!,
      FOLDERS[next(2)]!.name,
      `f${next(30)}`,
      "x".repeat(1 + next(12)),
    ];
    five.say(name, of, [file(path, text)]);
    for (const [key, one] of has) if (key.startsWith(`${of}/${path} `)) one.devices.delete(name);
    const key = `${of}/${path} ${text}`;
    const one = has.get(key) ?? { text, devices: new Set() };
    one.devices.add(name);
    has.set(key, one);
  }
  const byText = new Map<string, number[]>();
  for (const { text, devices } of has.values()) {
    if (devices.size > 0) byText.set(text, [...byText.get(text) ?? [], devices.size]);
  }
  const groups = [...byText].filter(([, holders]) => holders.length > 1);
  const gain = groups.reduce(
    (sum, [text, holders]) => sum + text.length * (holders.reduce((a, b) => a + b, 0) - Math.max(...holders)),
    0,
  );
  const found = dupes(five);
  assert.deepEqual([found.groupsTotal, found.gain], [groups.length, gain]);
  assert.equal(found.groups.reduce((sum, group) => sum + group.gain, 0), gain);
  const all = answerNow(guard(five.asking, NOW));
  // Each path with each content that somebody has there.
  assert.equal(all.files, [...has.values()].filter(({ devices }) => devices.size > 0).length);
});

Deno.test("a search finds what has a tag or one below it, by its content on every device, or by its place", () => {
  using five = library();
  const { catalogue } = five;
  assert.equal(tagSourceOf(catalogue), null, "nothing is tagged");
  five.say("laptop", "Photos", [file("a", "same"), file("b", "same"), file("c", "other"), file("d", "else")]);
  const tag = { kind: "tag", field: "work/tax", value: true, stamp: stampOf(9), writer: DEVICE_IDS[0]! };
  catalogue.values.putShared({ ...tag, key: contentOf("same") }, lsnOf(3));
  const place = { kind: "place", folder: FOLDERS[0]!.id, path: "c" as never } as const;
  catalogue.values.putShared({ ...tag, key: labelKey(place), field: "work" }, lsnOf(3));
  catalogue.values.putShared({ ...tag, key: contentOf("else"), field: "workshop" }, lsnOf(3));
  const found = (text: string) => {
    const { query } = parseQuery(text, () => null);
    const { found } = answerNow(
      findFiles(five.asking, query, 10, { tags: tagSourceOf(catalogue), texts: null }),
    );
    return found.map(({ address }) => address).sort();
  };
  assert.deepEqual(found("tag:Work"), ["Photos/a", "Photos/b", "Photos/c"]);
  assert.deepEqual(found("tag:work/tax"), ["Photos/a", "Photos/b"]);
  assert.deepEqual(found("kind:file -tag:work"), ["Photos/d"]);
});
