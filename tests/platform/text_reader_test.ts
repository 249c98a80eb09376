import assert from "node:assert/strict";
import { Worker } from "node:worker_threads";
import { strToU8, zipSync } from "fflate";
import { TEXT_BYTES, TEXT_ENTRY_BYTES } from "../../src/core/limits.ts";
import type { TextKind } from "../../src/core/text_kinds.ts";
import type { ReadText } from "../../src/core/text_record.ts";
import {
  type RealTextReader,
  realTextReader,
  type TextReaderOptions,
} from "../../src/platform/real/text_reader.ts";
import { docx, epub, pdf, pdfOf, pdfOfObjects, xlsx, zip } from "../support/documents.ts";
import { tempDir } from "../support/temp_dir.ts";
import { waitFor } from "../support/wait.ts";

const utf8 = new TextEncoder();

async function reading(
  work: (
    read: (bytes: Uint8Array, kind: TextKind) => Promise<ReadText | null>,
    reader: RealTextReader,
  ) => Promise<void>,
  options: TextReaderOptions = {},
): Promise<void> {
  using dir = tempDir();
  const reader = realTextReader(options);
  let number = 0;
  try {
    await work((bytes, kind) => {
      const path = dir.at(`file-${number++}`);
      Deno.writeFileSync(path, bytes);
      return reader.read(path, kind);
    }, reader);
  } finally {
    reader.close();
  }
}

function noted(answer: ReadText | null): string {
  assert.ok(answer !== null && "note" in answer, `a note, and not ${JSON.stringify(answer)?.slice(0, 200)}`);
  assert.match(answer.note, /^could not be read: /);
  return answer.note;
}

Deno.test("plain texts are read in their encodings", () =>
  reading(async (read) => {
    assert.deepEqual(await read(utf8.encode("# Plan\n\n  größe \t naïve"), "plain"), {
      text: "# Plan größe naïve",
    });
    assert.deepEqual(await read(utf8.encode("\ufeffmarked"), "plain"), { text: "marked" });
    const utf16 = new Uint8Array(
      new Uint16Array([0xfeff, ..."wörter"].map((c) => typeof c === "number" ? c : c.charCodeAt(0))).buffer,
    );
    assert.deepEqual(await read(utf16, "plain"), { text: "wörter" });
    assert.deepEqual(await read(Uint8Array.of(0x63, 0x61, 0x66, 0xe9), "plain"), { text: "café" });
    assert.deepEqual(await read(new Uint8Array(0), "plain"), { text: "" });
  }));

Deno.test("what is no text is noted, and a missing file is nothing", () =>
  reading(async (read, reader) => {
    assert.match(noted(await read(Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 0, 1, 2), "plain")), /no text/);
    assert.equal(await reader.read("/nowhere/at/all", "plain"), null);
  }));

Deno.test("a long text is cut at its bound, at a whole character", () =>
  reading(async (read) => {
    const answer = await read(utf8.encode("ä".repeat(TEXT_BYTES)), "plain");
    assert.ok(answer !== null && "text" in answer);
    assert.equal(utf8.encode(answer.text).length, TEXT_BYTES);
    assert.match(answer.text, /^ä+$/);
  }));

Deno.test("HTML gives what a reader sees", () =>
  reading(async (read) => {
    const html =
      `<!doctype html><title>Garden &amp; house</title><meta name="description" content="about roses">
      <style>.x{color:red}</style><p>Pru<b>ning</b></p><script>var hidden=1</script><img alt="a spade"><p>in March`;
    assert.deepEqual(await read(utf8.encode(html), "html"), {
      text: "Garden & house about roses Pruning a spade in March",
    });
  }));

Deno.test("DOCX, XLSX and EPUB give their words", () =>
  reading(async (read) => {
    assert.deepEqual(await read(docx(["Dear aunt", "the &lt;wombat&gt; is well"], "A letter"), "docx"), {
      text: "A letter Dear aunt the <wombat> is well",
    });
    assert.deepEqual(await read(xlsx(["Rent", "Heating"], "paid", 4711.5), "xlsx"), {
      text: "Budget sheet Rent Heating paid 4711.5",
    });
    assert.deepEqual(await read(epub("Whales", ["Call me", "Ishmael"]), "epub"), {
      text: "Whales Call me Ishmael",
    });
  }));

Deno.test("a PDF gives the words of its pages, its streams unpacked", () =>
  reading(async (read) => {
    assert.deepEqual(await read(pdf(["Invoice 2024", "second page"]), "pdf"), {
      text: "Invoice 2024 second page",
    });
  }));

Deno.test("damaged files are noted, each with why", () =>
  reading(async (read) => {
    const good = docx(["words ".repeat(500)]);
    assert.match(noted(await read(good.slice(0, good.length >> 1), "docx")), /damaged or not complete/);
    assert.match(noted(await read(zip({ "a.txt": "b" }), "docx")), /no document/);
    assert.match(noted(await read(zip({ "a.txt": "b" }), "xlsx")), /no workbook/);
    assert.match(noted(await read(zip({ "a.txt": "b" }), "epub")), /no book/);
    assert.match(noted(await read(utf8.encode("%PDF-1.4 and nothing"), "pdf")), /no PDF/);
    assert.match(noted(await read(utf8.encode("no archive at all"), "xlsx")), /damaged/);
  }));

Deno.test("an encrypted PDF is noted as one", () =>
  reading(async (read) => {
    const object = (text: string) => utf8.encode(text);
    const encrypted = pdfOfObjects(
      [
        object("<</Type/Catalog/Pages 2 0 R>>"),
        object("<</Type/Pages/Kids[]/Count 0>>"),
        object(`<</Filter/Standard/V 1/R 2/P -4/O<${"41".repeat(32)}>/U<${"42".repeat(32)}>>>`),
      ],
      `/Encrypt 3 0 R/ID[<${"43".repeat(16)}><${"43".repeat(16)}>]`,
    );
    assert.match(noted(await read(encrypted, "pdf")), /encrypted with a password/);
  }));

Deno.test("a PDF whose pages are their own children is read to an end", () =>
  reading(async (read) => {
    const object = (text: string) => utf8.encode(text);
    const looped = pdfOfObjects([
      object("<</Type/Catalog/Pages 2 0 R>>"),
      object("<</Type/Pages/Kids[2 0 R 3 0 R]/Count 2/Parent 2 0 R>>"),
      object("<</Type/Page/Parent 2 0 R/Contents 3 0 R>>"),
    ]);
    const answer = await read(looped, "pdf");
    assert.ok(answer !== null);
  }));

Deno.test("an archive that unpacks to a gigabyte is refused before it is unpacked", () =>
  reading(async (read) => {
    const bomb = zipSync({ "word/document.xml": [new Uint8Array(TEXT_ENTRY_BYTES + 1), { level: 9 }] });
    const startMs = performance.now();
    assert.match(noted(await read(bomb as Uint8Array, "docx")), /more than is read/);
    assert.ok(performance.now() - startMs < 10_000);
  }));

Deno.test("an archive that lies of its sizes gets no more room than it claims", () =>
  reading(async (read) => {
    const honest = docx(["x".repeat(5_000_000)]);
    // The size before packing, in the local header and in the directory, becomes 100.
    const view = new DataView(honest.buffer);
    for (let at = 0; at + 4 < honest.length; at++) {
      if (view.getUint32(at, true) > 5_000_000 && view.getUint32(at, true) < 5_001_000) {
        view.setUint32(at, 100, true);
      }
    }
    const answer = await read(honest, "docx");
    assert.ok(answer !== null);
    if ("text" in answer) assert.ok(answer.text.length <= 100);
    else noted(answer);
  }));

Deno.test("an archive of very many entries is refused", () =>
  reading(async (read) => {
    const many = Object.fromEntries(Array.from({ length: 20_001 }, (_, i) => [`e${i}`, strToU8("")]));
    assert.match(
      noted(await read(zipSync(many, { level: 0 }) as Uint8Array, "docx")),
      /more than 20000 entries/,
    );
  }));

Deno.test("a PDF that does not come to an end is ended, and the next file is read", () =>
  reading(async (read, reader) => {
    const endless = pdfOf([utf8.encode("BT /F1 12 Tf () Tj ET\n".repeat(2_000_000))]);
    assert.match(noted(await read(endless, "pdf")), /too long/);
    assert.equal(reader.isAwake, false);
    assert.deepEqual(await read(utf8.encode("after it"), "plain"), { text: "after it" });
  }, { readMs: 1_500 }));

Deno.test("a PDF that unpacks without end is ended for its memory", () =>
  reading(async (read) => {
    const bomb = pdfOf([new Uint8Array(600 * 2 ** 20).fill(0x20)]);
    const note = noted(await read(bomb, "pdf"));
    assert.match(note, /too much memory|too long/);
  }, { growthBytes: 200 * 2 ** 20 }));

/** A worker that does what a reader must survive. */
function misbehaving(source: string): () => Worker {
  return () => new Worker(source, { eval: true, resourceLimits: { maxOldGenerationSizeMb: 64 } });
}

Deno.test("a reader that hangs is ended in time", () =>
  reading(async (read, reader) => {
    assert.match(noted(await read(utf8.encode("x"), "plain")), /too long/);
    assert.equal(reader.isAwake, false);
  }, {
    readMs: 300,
    spawn: misbehaving(`require("node:worker_threads").parentPort.on("message", () => { for (;;); })`),
  }));

Deno.test("a reader whose objects fill its heap ends alone", () =>
  reading(async (read, reader) => {
    // The engine does not always tell that a worker ran out of its heap: then time ends it.
    assert.match(noted(await read(utf8.encode("x"), "plain")), /too much memory|too long/);
    assert.equal(reader.isAwake, false);
    assert.match(noted(await read(utf8.encode("y"), "plain")), /too much memory|too long/);
  }, {
    readMs: 3_000,
    spawn: misbehaving(
      `require("node:worker_threads").parentPort.on("message", () => { const all = []; for (;;) all.push({ at: [all.length] }); })`,
    ),
  }));

Deno.test("the reader ends when there was nothing to read for a while", () =>
  reading(async (read, reader) => {
    await read(utf8.encode("x"), "plain");
    assert.equal(reader.isAwake, true);
    await waitFor("the reader to end", () => !reader.isAwake);
    assert.deepEqual(await read(utf8.encode("again"), "plain"), { text: "again" });
  }, { idleMs: 50 }));

Deno.test("what waits when the reader is closed is answered", () =>
  reading(async (read, reader) => {
    const first = read(utf8.encode("x"), "plain");
    const second = read(utf8.encode("y"), "plain");
    reader.close();
    await first;
    assert.equal(await second, null);
  }));
