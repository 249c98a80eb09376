/** Words of a PDF, page by page. Loaded by the text worker when the first PDF comes: the library takes some 20 MB. */
import { getDocumentProxy } from "unpdf";
import { TEXT_PAGES } from "../../core/limits.ts";
import { messageOf } from "../../core/errors.ts";
import { UnreadableText } from "./text_archive.ts";
import { Gathered } from "./text_markup.ts";

/** Throws UnreadableText. The bytes are given away. */
export async function textOfPdf(bytes: Uint8Array): Promise<string> {
  const text = new Gathered();
  try {
    // Nothing is loaded for a document: neither fonts of the system nor files of the library.
    const pdf = await getDocumentProxy(bytes, {
      enableXfa: false,
      disableFontFace: true,
      useSystemFonts: false,
      useWorkerFetch: false,
      stopAtErrors: false,
      verbosity: 0,
    });
    for (let page = 1; page <= Math.min(pdf.numPages, TEXT_PAGES) && !text.isEnough; page++) {
      await addPage(pdf, page, text);
    }
  } catch (error) {
    throw new UnreadableText(
      error instanceof Error && error.name === "PasswordException"
        ? "it is encrypted with a password"
        : `it is no PDF that can be read (${messageOf(error)})`,
    );
  }
  return text.all;
}

async function addPage(
  pdf: Awaited<ReturnType<typeof getDocumentProxy>>,
  number: number,
  text: Gathered,
): Promise<void> {
  const page = await pdf.getPage(number);
  const { items } = await page.getTextContent();
  for (const item of items) {
    if (!("str" in item)) continue;
    text.add(item.str);
    if (item.hasEOL) text.add(" ");
  }
  text.add(" ");
  page.cleanup();
}
