/** Small documents of each format, made here: what they say is known. */
import { deflateSync } from "node:zlib";
import { strToU8, zipSync } from "fflate";

const BYTES = new TextEncoder();

export function docx(paragraphs: readonly string[], title = ""): Uint8Array<ArrayBuffer> {
  const body = paragraphs.map((text) => `<w:p><w:r><w:t>${text}</w:t></w:r></w:p>`).join("");
  return zip({
    "[Content_Types].xml": "<Types/>",
    "docProps/core.xml": `<cp:coreProperties><dc:title>${title}</dc:title></cp:coreProperties>`,
    "word/document.xml":
      `<?xml version="1.0" encoding="UTF-8"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">` +
      `<w:body>${body}</w:body></w:document>`,
  });
}

/** A sheet whose cells are shared strings, an inline string and a number. */
export function xlsx(shared: readonly string[], inline: string, number: number): Uint8Array<ArrayBuffer> {
  const cells = shared.map((_, i) => `<c r="A${i + 1}" t="s"><v>${i}</v></c>`).join("");
  return zip({
    "xl/workbook.xml": `<workbook><sheets><sheet name="Budget sheet" sheetId="1"/></sheets></workbook>`,
    "xl/worksheets/sheet1.xml": `<worksheet><sheetData><row>${cells}` +
      `<c t="inlineStr"><is><t>${inline}</t></is></c><c><v>${number}</v></c></row></sheetData></worksheet>`,
    "xl/sharedStrings.xml": `<sst>${shared.map((text) => `<si><t>${text}</t></si>`).join("")}</sst>`,
  });
}

export function epub(title: string, chapters: readonly string[]): Uint8Array<ArrayBuffer> {
  const ids = chapters.map((_, i) => `c${i}`);
  return zip({
    "mimetype": "application/epub+zip",
    "META-INF/container.xml":
      `<container><rootfiles><rootfile full-path="OEBPS/book.opf"/></rootfiles></container>`,
    "OEBPS/book.opf": `<package><metadata><dc:title>${title}</dc:title></metadata><manifest>` +
      ids.map((id) => `<item id="${id}" href="text%20of/${id}.xhtml"/>`).join("") +
      `</manifest><spine>${ids.map((id) => `<itemref idref="${id}"/>`).join("")}</spine></package>`,
    ...Object.fromEntries(
      chapters.map((text, i) => [`OEBPS/text of/c${i}.xhtml`, `<html><body><p>${text}</p></body></html>`]),
    ),
  });
}

export function zip(entries: Readonly<Record<string, string | Uint8Array>>): Uint8Array<ArrayBuffer> {
  const bytes = Object.entries(entries).map(([name, value]) =>
    [name, typeof value === "string" ? strToU8(value) : value] as const
  );
  return zipSync(Object.fromEntries(bytes)) as Uint8Array<ArrayBuffer>;
}

/** A PDF with a page for each text, its streams compressed, its table of references right. */
export function pdf(pages: readonly string[]): Uint8Array<ArrayBuffer> {
  const streams = pages.map((text) => BYTES.encode(`BT /F1 12 Tf 20 100 Td (${text}) Tj ET`));
  return pdfOf(streams);
}

/** A PDF whose pages have these streams of drawing. */
export function pdfOf(streams: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const kids = streams.map((_, i) => `${4 + 2 * i} 0 R`).join(" ");
  const objects: Uint8Array[] = [
    BYTES.encode("<</Type/Catalog/Pages 2 0 R>>"),
    BYTES.encode(`<</Type/Pages/Kids[${kids}]/Count ${streams.length}>>`),
    BYTES.encode("<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"),
  ];
  streams.forEach((stream, i) => {
    objects.push(
      BYTES.encode(
        `<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 200]/Contents ${
          5 + 2 * i
        } 0 R/Resources<</Font<</F1 3 0 R>>>>>>`,
      ),
    );
    const packed = deflateSync(stream);
    objects.push(
      joined([
        BYTES.encode(`<</Filter/FlateDecode/Length ${packed.length}>>stream\n`),
        packed,
        BYTES.encode("\nendstream"),
      ]),
    );
  });
  return pdfOfObjects(objects);
}

/** A PDF of these objects, numbered from 1; the first is its catalogue. */
export function pdfOfObjects(objects: readonly Uint8Array[], trailer = ""): Uint8Array<ArrayBuffer> {
  const parts = [BYTES.encode("%PDF-1.4\n")];
  const offsets: number[] = [];
  let at = parts[0]!.length;
  objects.forEach((object, i) => {
    offsets.push(at);
    const part = joined([BYTES.encode(`${i + 1} 0 obj\n`), object, BYTES.encode("\nendobj\n")]);
    parts.push(part);
    at += part.length;
  });
  const lines = offsets.map((offset) => `${String(offset).padStart(10, "0")} 00000 n \n`).join("");
  parts.push(BYTES.encode(
    `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${lines}` +
      `trailer\n<</Size ${objects.length + 1}/Root 1 0 R${trailer}>>\nstartxref\n${at}\n%%EOF\n`,
  ));
  return joined(parts);
}

export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
