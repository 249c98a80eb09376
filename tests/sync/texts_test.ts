import assert from "node:assert/strict";
import { deflateRawSync } from "node:zlib";
import type { ContentId } from "../../src/core/ids.ts";
import { TEXT_HEADS, TEXT_PACKED_BYTES } from "../../src/core/limits.ts";
import { devicesService } from "../../src/daemon/devices.ts";
import { textSearch } from "../../src/library/texts.ts";
import { realClock } from "../../src/platform/real/clock.ts";
import { TEXT_MESSAGE } from "../../src/sync/text_messages.ts";
import { contentOf } from "../support/entries.ts";
import { docx, epub, pdf, xlsx } from "../support/documents.ts";
import { type Neighbour, Neighbours } from "../support/neighbours.ts";
import { waitFor } from "../support/wait.ts";

function textsOf({ device }: Neighbour) {
  return device.texts!;
}

/** How often words are found on a device. */
function found(neighbour: Neighbour, words: string): number {
  return textSearch(textsOf(neighbour).texts, words, 20).length;
}

function note({ device }: Neighbour, content: ContentId): string | null {
  return device.texts!.texts.index.head(content)?.note ?? null;
}

function untilFound(neighbour: Neighbour, words: string, times = 1): Promise<void> {
  return waitFor(
    `"${words}" to be found on ${neighbour.name}`,
    () => found(neighbour, words) === times,
    60_000,
  );
}

/** The content of a file of this device. */
function contentAt({ device, folder }: Neighbour, path: string): ContentId {
  const { rows, ids } = device.ledger.catalogue;
  return rows.own(ids.folder(folder), path as never)!.row.entry.content!;
}

Deno.test("words of files of all formats are found on another device, and what cannot be read is noted", async () => {
  await using all = await Neighbours.openWithTexts(["laptop", "nas"]);
  const [laptop, nas] = all.all as [Neighbour, Neighbour];
  laptop.write("notes.md", "# The quokka plan");
  Deno.writeFileSync(laptop.at("letter.docx"), docx(["the wombat is well"]));
  Deno.writeFileSync(laptop.at("sums.xlsx"), xlsx(["numbat costs"], "paid", 12));
  Deno.writeFileSync(laptop.at("book.epub"), epub("Dingo tales", ["once upon"]));
  Deno.writeFileSync(laptop.at("bill.pdf"), pdf(["bandicoot invoice"]));
  Deno.writeFileSync(laptop.at("broken.pdf"), new TextEncoder().encode("no pdf at all"));
  laptop.write("page.html", "<p>echidna <b>page</b>");
  await all.settle();
  for (const word of ["quokka", "wombat", "numbat", "dingo", "bandicoot", "echidna"]) {
    await untilFound(laptop, word);
    await untilFound(nas, word);
  }
  const broken = contentAt(laptop, "broken.pdf");
  await waitFor("the note on the other device", () => note(nas, broken) !== null);
  assert.match(note(nas, broken)!, /^could not be read: it is no PDF/);
  const [hit] = textSearch(textsOf(nas).texts, "wombat", 5);
  assert.equal(hit!.snippet.text.slice(...hit!.snippet.marks[0]!), "wombat");
});

Deno.test("a text is found through a relay on a device that never met who read it", async () => {
  // Only A reads files: what the others find, they were told.
  await using all = await Neighbours.openWithTexts(["a", "b", "c"], { a: "reads", b: "keeps", c: "keeps" });
  const [a, b, c] = all.all as [Neighbour, Neighbour, Neighbour];
  all.part(c);
  a.write("far.txt", "platypus in the pond");
  await all.settle([a, b]);
  await untilFound(b, "platypus");
  all.part(a);
  all.reconnect(b, c);
  await untilFound(c, "platypus");
  const [hit] = textSearch(textsOf(c).texts, "platypus", 5);
  assert.equal(textsOf(c).texts.index.head(hit!.content)!.origin, a.device.identity.id);
  assert.equal(hit!.snippet.text, "platypus in the pond");
});

Deno.test("a text crosses each wire once, whoever else has it", async () => {
  await using all = await Neighbours.openWithTexts(["a", "b", "c"], { a: "reads", b: "keeps", c: "keeps" });
  const [a, b, c] = all.all as [Neighbour, Neighbour, Neighbour];
  a.write("once.txt", "kookaburra");
  await all.settle();
  for (const one of all.all) await untilFound(one, "kookaburra");
  await waitFor("all to have what all told", () => all.all.every((one) => textsOf(one).exchange.isQuiet));
  const ids = [b, c].map((one) => textsOf(one).texts.index.last);
  assert.deepEqual(ids, [1, 1], "nothing was taken twice");
});

Deno.test("all texts arrive that are read while others are on their way", async () => {
  await using all = await Neighbours.openWithTexts(["a", "b"], { a: "reads", b: "keeps" });
  const [a, b] = all.all as [Neighbour, Neighbour];
  const count = TEXT_HEADS + 200;
  for (let i = 0; i < count; i++) a.write(`d/${i}.txt`, `number${i}`);
  await all.settle();
  await waitFor("all to be read", () => textsOf(a).texts.index.count() === count, 60_000);
  await waitFor("all to arrive", () => textsOf(b).texts.index.count() === count, 60_000);
  await waitFor("it to be quiet", () => textsOf(b).exchange.isQuiet);
  assert.equal(textsOf(b).texts.peers.of(a.device.identity.id)!.relist, false, "nothing was passed by");
});

Deno.test("the words of a content go with its last copy, on all devices", async () => {
  await using all = await Neighbours.openWithTexts(["a", "b"]);
  const [a, b] = all.all as [Neighbour, Neighbour];
  a.write("one.txt", "thylacine");
  a.write("two.txt", "thylacine");
  a.write("other.txt", "remaining");
  await all.settle();
  for (const one of [a, b]) await untilFound(one, "thylacine");
  for (const one of [a, b]) await untilFound(one, "remaining");
  a.remove("one.txt");
  await all.settle();
  for (const one of [a, b]) await textsOf(one).sweep.sweep(0);
  assert.equal(found(b, "thylacine"), 1, "one copy is left");
  a.remove("two.txt");
  await all.settle();
  for (const one of [a, b]) await textsOf(one).sweep.sweep(0);
  assert.deepEqual([found(a, "thylacine"), found(b, "thylacine")], [0, 0]);
  assert.deepEqual([found(a, "remaining"), found(b, "remaining")], [1, 1]);
});

Deno.test("a device with no index of texts is told nothing of them, and all else goes on", async () => {
  await using all = await Neighbours.openWithTexts(["new", "old"], { new: "reads" });
  const [fresh, old] = all.all as [Neighbour, Neighbour];
  fresh.write("a.txt", "cassowary");
  old.write("b.txt", "lyrebird");
  await all.agree();
  await untilFound(fresh, "cassowary");
  await untilFound(fresh, "lyrebird");
  assert.equal(old.device.texts, null);
  assert.notEqual(fresh.device.links.session(old.device.identity.id), null);
});

Deno.test("a folder with text off is not read and its words are not kept, until it is on again", async () => {
  await using all = await Neighbours.openWithTexts(["a", "b"]);
  const [a, b] = all.all as [Neighbour, Neighbour];
  a.write("early.txt", "bilby");
  await all.settle();
  await untilFound(b, "bilby");
  await a.set("text", "off");
  a.write("late.txt", "potoroo");
  await all.settle();
  await waitFor("the setting to arrive", () => settingOf(b) === "off");
  await waitFor("all rows to be looked at", () => [a, b].every((one) => textsOf(one).reading.isDone));
  for (const one of [a, b]) await textsOf(one).sweep.sweep(0);
  assert.deepEqual([found(a, "bilby"), found(b, "bilby"), found(a, "potoroo")], [0, 0, 0]);
  await b.set("text", "on");
  for (const one of [a, b]) {
    await untilFound(one, "bilby");
    await untilFound(one, "potoroo");
  }
});

function settingOf({ device, folder }: Neighbour): unknown {
  return device.ledger.catalogue.values.shared("folder", folder, "text")?.value;
}

Deno.test("reading goes on after a restart in its middle, and begins anew without its file", async () => {
  await using all = await Neighbours.openWithTexts(["a"]);
  const [a] = all.all as [Neighbour];
  for (let i = 0; i < 60; i++) a.write(`many/${i}.txt`, `numbered text${i} galah`);
  await all.settle();
  await waitFor("some to be read", () => textsOf(a).texts.index.count() > 0, 30_000, 1);
  await all.restart(a);
  await waitFor("all to be read", () => textsOf(a).texts.index.count() === 60, 60_000);
  assert.equal(found(a, "text59"), 1);
  await all.restart(a, () => Deno.removeSync(`${a.home}/text.db`));
  await waitFor("all to be read again", () => textsOf(a).texts.index.count() === 60, 60_000);
  await all.restart(
    a,
    () => Deno.writeTextFileSync(`${a.home}/text.db`, "nothing that SQLite knows".repeat(500)),
  );
  await waitFor("all to be read once more", () => textsOf(a).texts.index.count() === 60, 60_000);
  assert.ok([...Deno.readDirSync(a.home)].some(({ name }) => name.startsWith("text.db.damaged-")));
});

for (const keeps of ["what it has", "a text"] as const) {
  Deno.test(`a device that never says ${keeps} keeps nobody else's texts away`, async () => {
    const roles = { mute: "reads", able: "reads", asks: "keeps" } as const;
    await using all = await Neighbours.openWithTexts(["mute", "able", "asks"], roles);
    const [mute, able, asks] = all.all as [Neighbour, Neighbour, Neighbour];
    all.part(able);
    const { exchange } = textsOf(mute);
    const answers = exchange.handle.bind(exchange);
    let isAsked = false;
    exchange.handle = (session, message) => {
      const kept = keeps === "a text" ? TEXT_MESSAGE.text : TEXT_MESSAGE.heads;
      if (message.type !== kept || message.requestId === 0) return answers(session, message);
      isAsked = true;
      return Promise.resolve(true);
    };
    mute.write("mute.txt", "dunnart");
    await all.settle([mute, asks]);
    await waitFor("the mute device to be asked", () => isAsked, 60_000);
    all.reconnect(able, asks);
    able.write("able.txt", "honeyeater");
    await all.settle([able, asks]);
    await untilFound(asks, "honeyeater");
    assert.notEqual(
      asks.device.links.session(mute.device.identity.id),
      null,
      "it still waits for the mute one",
    );
  });
}

// -------------------------------------------------------------------------------- what members may send

const KNOWN = "wallaby words";

/** Two devices of which the first says of itself what a test wants; what the other makes of it. */
async function lying(
  work: (liar: Neighbour, victim: Neighbour, all: Neighbours) => Promise<void>,
): Promise<void> {
  await using all = await Neighbours.openWithTexts(["liar", "victim"]);
  const [liar, victim] = all.all as [Neighbour, Neighbour];
  liar.write("known.txt", KNOWN);
  await all.settle();
  await untilFound(victim, "wallaby");
  await work(liar, victim, all);
}

/** Puts a record into the liar's own index past all checks. */
function claim({ device }: Neighbour, content: ContentId, packed: Uint8Array, version = 9): void {
  const { texts, exchange } = device.texts!;
  texts.file.do((db) => {
    db.run("DELETE FROM texts WHERE content = unhex(?)", content);
    db.run(
      "INSERT INTO texts (content, origin, giver, version, packed) VALUES (unhex(?), 1, 1, ?, ?)",
      content,
      version,
      packed,
    );
  });
  exchange.changed();
}

Deno.test("texts of contents that no row names are not kept", () =>
  lying(async (liar, victim) => {
    claim(liar, contentOf("nowhere"), deflateRawSync("invented"));
    claim(liar, contentAt(liar, "known.txt"), deflateRawSync("later words"));
    await untilFound(victim, "later");
    assert.equal(found(victim, "invented"), 0);
    const peerOf = () => textsOf(victim).texts.peers.of(liar.device.identity.id);
    // What was passed by is noted behind the texts that came with it.
    await waitFor("what was passed by to be noted", () => peerOf()?.relist === true, 60_000);
  }));

const HOSTILE: readonly (readonly [string, Uint8Array])[] = [
  ["that unpacks to far more than it may have", deflateRawSync(new Uint8Array(60 * 2 ** 20))],
  ["that is no deflate", Uint8Array.of(9, 9, 9, 9)],
  ["that is not in its form", deflateRawSync("\x1b[2J")],
  ["that is no UTF-8", deflateRawSync(Uint8Array.of(0xc3, 0x28))],
  ["that is longer than any", new Uint8Array(TEXT_PACKED_BYTES + 1)],
];

for (const [what, packed] of HOSTILE) {
  Deno.test(`a text ${what} ends the session, and nothing of it is kept`, () =>
    lying(async (liar, victim) => {
      const session = victim.device.links.session(liar.device.identity.id)!;
      claim(liar, contentAt(liar, "known.txt"), packed);
      await waitFor("the session to end", () => session.ending !== null, 60_000);
      assert.equal(found(victim, "wallaby"), 1, "what was there stays");
    }));
}

Deno.test("texts that a removed member gave go with it, and come again from who reads them", async () => {
  await using all = await Neighbours.openWithTexts(["a", "b"], { a: "reads", b: "keeps" });
  const [a, b] = all.all as [Neighbour, Neighbour];
  a.write("shared.txt", "currawong");
  await all.settle();
  await untilFound(b, "currawong");
  await devicesService(b.device, realClock()).removeDevice({ name: "a", self: false });
  await textsOf(b).sweep.sweep(0);
  assert.equal(found(b, "currawong"), 0, "the file is here, the claim is nobody's");
});
