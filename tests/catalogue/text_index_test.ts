import assert from "node:assert/strict";
import { deflateRawSync } from "node:zlib";
import { Texts } from "../../src/catalogue/texts.ts";
import { unpackText } from "../../src/catalogue/text_index.ts";
import { CairnError } from "../../src/core/errors.ts";
import type { ContentId, DeviceId } from "../../src/core/ids.ts";
import { GIVEN_TEXTS, TEXT_BYTES } from "../../src/core/limits.ts";
import { textTermsOf } from "../../src/core/text_query.ts";
import type { TextRecord } from "../../src/core/text_record.ts";
import { contentOf } from "../support/entries.ts";
import { tempDir } from "../support/temp_dir.ts";

const SELF = "01".repeat(32) as DeviceId;
const OTHER = "02".repeat(32) as DeviceId;

class Opened implements Disposable {
  readonly #dir = tempDir();
  readonly path = this.#dir.at("text.db");
  readonly aside: string[] = [];
  texts = this.open();

  open(): Texts {
    return new Texts({
      path: this.path,
      self: SELF,
      newId: () => crypto.getRandomValues(new Uint8Array(8)),
      putAside: (path, why) => {
        this.aside.push(why);
        Deno.renameSync(path, `${path}.aside-${this.aside.length}`);
        for (const suffix of ["-wal", "-shm"]) {
          try {
            Deno.removeSync(path + suffix);
          } catch {
            // Closed in order, there is none.
          }
        }
      },
    });
  }

  find(words: string): ContentId[] {
    return this.texts.index.ranked(textTermsOf(words), 20).map(({ content }) => content);
  }

  [Symbol.dispose](): void {
    this.texts.file.close();
    this.#dir[Symbol.dispose]();
  }
}

function record(name: string, text: string, rest: Partial<TextRecord> = {}): TextRecord {
  return { content: contentOf(name), origin: SELF, version: 1, note: null, text, ...rest };
}

Deno.test("words, phrases and beginnings are found, all of them, without case and accents", () => {
  using opened = new Opened();
  const { index } = opened.texts;
  index.putOwn(record("a", "The final notice of the Größe invoice"));
  index.putOwn(record("b", "notice the final thing"));
  assert.deepEqual(opened.find("FINAL grosse"), []);
  assert.deepEqual(opened.find("FINAL GROßE"), [contentOf("a")]);
  assert.deepEqual(opened.find("größe final"), [contentOf("a")]);
  assert.deepEqual(opened.find(`"final notice"`), [contentOf("a")]);
  assert.deepEqual(new Set(opened.find("notice final")), new Set([contentOf("a"), contentOf("b")]));
  assert.deepEqual(opened.find("invoi*"), [contentOf("a")]);
  assert.deepEqual(opened.find("absent"), []);
});

Deno.test("the text with the word more often stands first, with a snippet that marks it", () => {
  using opened = new Opened();
  opened.texts.index.putOwn(record("rare", `${"filler ".repeat(200)}wombat`));
  opened.texts.index.putOwn(record("often", "wombat wombat wombat here"));
  const found = opened.texts.index.ranked(textTermsOf("wombat"), 20);
  assert.deepEqual(found.map(({ content }) => content), [contentOf("often"), contentOf("rare")]);
  const { text, marks } = opened.texts.index.snippet(contentOf("rare"), textTermsOf("wombat"))!;
  assert.deepEqual(marks.map(([from, until]) => text.slice(from, until)), ["wombat"]);
});

Deno.test("a record takes the place of one that is worse, with its words", () => {
  using opened = new Opened();
  const { index } = opened.texts;
  const note = record("a", "", { note: "could not be read: x", origin: OTHER });
  assert.equal(index.putGiven(note, OTHER, new Uint8Array(0)), true);
  assert.equal(
    index.putGiven(record("a", "claimed words", { origin: OTHER }), OTHER, deflateRawSync("claimed words")),
    true,
  );
  assert.deepEqual(opened.find("claimed"), [contentOf("a")]);
  assert.equal(
    index.putGiven(record("a", "other", { origin: OTHER }), OTHER, deflateRawSync("other")),
    false,
  );
  assert.equal(index.putOwn(record("a", "really there")), true);
  assert.deepEqual(opened.find("claimed"), []);
  assert.deepEqual(opened.find("really"), [contentOf("a")]);
  assert.equal(
    index.putGiven(record("a", "claimed", { origin: OTHER }), OTHER, deflateRawSync("claimed")),
    false,
  );
  assert.equal(index.count(), 1);
});

Deno.test("heads come in the order in which records came, and their numbers never again", () => {
  using opened = new Opened();
  const { index } = opened.texts;
  for (const name of ["a", "b", "c"]) index.putOwn(record(name, name));
  const [, second] = index.headsAfter(0, 10);
  index.sweep(0, 10, 1, 0, (records) => records.map(({ content }) => content !== contentOf("c")));
  index.putOwn(record("d", "d"));
  assert.deepEqual(index.headsAfter(second!.id, 10).map(({ id, content }) => [id, content]), [[
    4,
    contentOf("d"),
  ]]);
  assert.equal(index.last, 4);
  assert.deepEqual(index.headsAfter(0, 1).map(({ content }) => content), [contentOf("a")]);
});

Deno.test("what nobody names goes after its time, with its words, and others are listed again", () => {
  using opened = new Opened();
  const { index, peers } = opened.texts;
  index.putOwn(record("a", "going"));
  index.putOwn(record("b", "staying"));
  peers.set(OTHER, { index: "00".repeat(8), seen: 7, listedMs: 0, relist: false });
  const sweep = (nowMs: number, gone: readonly string[]) =>
    index.sweep(
      0,
      10,
      nowMs,
      100,
      (records) => records.map(({ content }) => !gone.some((name) => contentOf(name) === content)),
    );
  sweep(1000, ["a"]);
  assert.deepEqual(opened.find("going"), [contentOf("a")]);
  sweep(1050, []); // it is named again
  sweep(1060, ["a"]);
  sweep(1150, ["a"]);
  assert.deepEqual(opened.find("going"), [contentOf("a")]);
  assert.equal(peers.of(OTHER)!.relist, false);
  sweep(1160, ["a"]);
  assert.deepEqual(opened.find("going"), []);
  assert.deepEqual(opened.find("staying"), [contentOf("b")]);
  assert.deepEqual(peers.of(OTHER), { index: "00".repeat(8), seen: 7, listedMs: 0, relist: true });
});

Deno.test("one giver has its bound, and those of others stay", () => {
  using opened = new Opened();
  const { file, index } = opened.texts;
  const give = (name: string) =>
    index.putGiven(record(name, "w", { origin: OTHER }), OTHER, deflateRawSync("w"));
  assert.equal(give("a"), true);
  file.do((db) => db.run("UPDATE devices SET texts = ? WHERE id > 1", GIVEN_TEXTS));
  assert.equal(give("b"), false);
  assert.equal(index.putOwn(record("b", "own")), true);
});

Deno.test("merging keeps what is found, and comes to an end", () => {
  using opened = new Opened();
  const { index } = opened.texts;
  for (let i = 0; i < 300; i++) index.putOwn(record(`n${i}`, `common word${i % 7} only${i}`));
  let steps = 0;
  while (index.merge()) assert.ok(++steps < 10_000);
  assert.ok(steps > 0);
  assert.deepEqual(opened.find("only123"), [contentOf("n123")]);
  assert.equal(index.merge(), false);
});

Deno.test("more records than FTS5 has room for segments come without a moment to merge them", () => {
  using opened = new Opened();
  for (let i = 0; i < 2_500; i++) opened.texts.index.putOwn(record(`n${i}`, `only${i}`));
  assert.deepEqual(opened.find("only2499"), [contentOf("n2499")]);
  assert.deepEqual(opened.find("only7"), [contentOf("n7")]);
});

Deno.test("what waits is kept over a restart, in the order in which it is due", () => {
  using opened = new Opened();
  const { queue } = opened.texts;
  queue.await([{ content: contentOf("a"), kind: "plain" }, { content: contentOf("b"), kind: "pdf" }], {
    "rows/lsn": 5,
  });
  const first = queue.next(0)!;
  queue.postpone(first.content, 500);
  opened.texts.file.close();
  opened.texts = opened.open();
  const again = opened.texts.queue;
  assert.equal(again.meta("rows/lsn"), 5);
  assert.notEqual(again.next(0)!.content, first.content);
  again.giveUp(again.next(0)!.content);
  assert.equal(again.next(0), null);
  assert.equal(again.nextDueMs(), 500);
  assert.deepEqual(again.next(500), { ...first, tries: 1 });
});

Deno.test("a file that is no database is put aside, and another one begun", () => {
  using opened = new Opened();
  const before = opened.texts.file.id;
  opened.texts.file.close();
  Deno.writeTextFileSync(opened.path, "this is no database at all, but a text of some length".repeat(20));
  opened.texts = opened.open();
  assert.equal(opened.aside.length, 1);
  assert.notEqual(opened.texts.file.id, before);
  opened.texts.index.putOwn(record("a", "new words"));
  assert.deepEqual(opened.find("new"), [contentOf("a")]);
});

Deno.test("damage that shows at work begins the file anew, and the work passes", () => {
  using opened = new Opened();
  for (let i = 0; i < 400; i++) opened.texts.index.putOwn(record(`n${i}`, `words number${i} `.repeat(20)));
  opened.texts.file.close();
  const bytes = Deno.readFileSync(opened.path);
  // All but the first pages, in which the schema is.
  bytes.fill(0x55, 4096 * 12);
  Deno.writeFileSync(opened.path, bytes);
  opened.texts = opened.open();
  const { index } = opened.texts;
  const look = () => {
    for (let i = 0; i < 400; i++) index.ranked(textTermsOf(`number${i}`), 5);
    index.headsAfter(0, 1000);
  };
  assert.throws(look, (error) => error instanceof CairnError && error.code === "catalogue-broken");
  assert.equal(opened.aside.length, 1);
  index.putOwn(record("a", "new words"));
  assert.deepEqual(opened.find("new"), [contentOf("a")]);
});

Deno.test("unpackText() takes nothing but a text in its form and bound", () => {
  assert.equal(unpackText(new Uint8Array(0)), "");
  assert.equal(unpackText(deflateRawSync("fine words")), "fine words");
  assert.equal(unpackText(deflateRawSync("two  blanks")), null);
  assert.equal(unpackText(deflateRawSync("escape \x1b[2J")), null);
  assert.equal(unpackText(deflateRawSync(Uint8Array.of(0xff, 0xfe))), null);
  assert.equal(unpackText(deflateRawSync("x".repeat(TEXT_BYTES + 1))), null);
  assert.equal(unpackText(deflateRawSync(new Uint8Array(100 * 2 ** 20))), null);
  assert.equal(unpackText(Uint8Array.of(1, 2, 3, 4)), null);
});
