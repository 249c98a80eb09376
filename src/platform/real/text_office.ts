/** Words of DOCX, XLSX and EPUB: archives of XML. */
import { Archive, UnreadableText } from "./text_archive.ts";
import { Gathered, readXml, textOfHtml } from "./text_markup.ts";

/** Parts of a DOCX in the order in which they are read. */
const DOCX_PARTS = /^word\/(document|footnotes|endnotes|comments|header\d*|footer\d*)\.xml$/;

export function textOfDocx(bytes: Uint8Array): string {
  const archive = new Archive(bytes);
  const parts = archive.names.filter((name) => DOCX_PARTS.test(name))
    .sort((a, b) => Number(b === "word/document.xml") - Number(a === "word/document.xml"));
  if (parts.length === 0) throw new UnreadableText("it has no document in it");
  const text = new Gathered();
  addProperties(archive, text);
  for (const part of parts) {
    let isText = false;
    readXml(archive.text(part) ?? "", {
      open(name) {
        isText = name === "w:t";
        if (name === "w:tab" || name === "w:br" || name === "w:cr") text.add(" ");
      },
      text: (some) => isText && text.add(some),
      close(name) {
        isText = false;
        if (name === "w:p") text.add(" ");
      },
    }, () => text.isEnough);
    if (text.isEnough) break;
  }
  return text.all;
}

export function textOfXlsx(bytes: Uint8Array): string {
  const archive = new Archive(bytes);
  const workbook = archive.text("xl/workbook.xml");
  if (workbook === null) throw new UnreadableText("it has no workbook in it");
  const text = new Gathered();
  addProperties(archive, text);
  readXml(workbook, { open: (name, { name: sheet }) => name === "sheet" && text.add(`${sheet ?? ""} `) });
  const shared = sharedStrings(archive.text("xl/sharedStrings.xml") ?? "");
  const sheets = archive.names.filter((name) => /^xl\/worksheets\/[^/]+\.xml$/.test(name))
    .sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  for (const sheet of sheets) {
    if (text.isEnough) break;
    addSheet(archive.text(sheet) ?? "", shared, text);
  }
  return text.all;
}

function addSheet(xml: string, shared: readonly string[], text: Gathered): void {
  let type = "";
  let inside = "";
  readXml(xml, {
    open(name, attributes) {
      if (name === "c") type = attributes.t ?? "n";
      else inside = name;
    },
    text(some) {
      if (inside === "t") text.add(some);
      else if (inside === "v") text.add(type === "s" ? shared[Number(some)] ?? "" : some);
    },
    close(name) {
      inside = "";
      if (name === "c") text.add(" ");
    },
  }, () => text.isEnough);
}

function sharedStrings(xml: string): string[] {
  const strings: string[] = [];
  let present = "";
  let isText = false;
  readXml(xml, {
    open(name) {
      if (name === "si") present = "";
      isText = name === "t";
    },
    text(some) {
      if (isText) present += some;
    },
    close(name) {
      isText = false;
      if (name === "si") strings.push(present);
    },
  });
  return strings;
}

/** Title, subject, author and keywords of an office document. */
function addProperties(archive: Archive, text: Gathered): void {
  let isWanted = false;
  readXml(archive.text("docProps/core.xml") ?? "", {
    open: (name) => isWanted = /^(dc:title|dc:subject|dc:creator|dc:description|cp:keywords)$/.test(name),
    text: (some) => isWanted && text.add(`${some} `),
    close: () => isWanted = false,
  });
}

export function textOfEpub(bytes: Uint8Array): string {
  const archive = new Archive(bytes);
  let book: string | null = null;
  readXml(archive.text("META-INF/container.xml") ?? "", {
    open: (name, attributes) => {
      if (name.endsWith("rootfile")) book ??= attributes["full-path"] ?? null;
    },
  });
  const opf = book === null ? null : archive.text(book);
  if (opf === null) throw new UnreadableText("it has no book in it");
  const text = new Gathered();
  const items = new Map<string, string>();
  const spine: string[] = [];
  let isWanted = false;
  readXml(opf, {
    open(name, attributes) {
      isWanted = /^dc:(title|creator|subject|description)$/.test(name);
      if (name.endsWith("itemref")) spine.push(attributes.idref ?? "");
      else if (name.endsWith("item")) items.set(attributes.id ?? "", attributes.href ?? "");
    },
    text: (some) => isWanted && text.add(`${some} `),
    close: () => isWanted = false,
  });
  const base = book!.slice(0, book!.lastIndexOf("/") + 1);
  for (const id of spine) {
    if (text.isEnough) break;
    const href = items.get(id);
    const chapter = href === undefined ? null : archive.text(base + decoded(href.replace(/#.*$/, "")));
    if (chapter !== null) text.add(`${textOfHtml(chapter)} `);
  }
  return text.all;
}

function decoded(href: string): string {
  try {
    return decodeURIComponent(href);
  } catch {
    return href; // a percent sign that means itself
  }
}
