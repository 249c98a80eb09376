/** The worker of `text_reader.ts`: one file after the other to its words. Whatever it does wrong, it alone is ended for. */
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { parentPort } from "node:worker_threads";
import { messageOf } from "../../core/errors.ts";
import { TEXT_FILE_BYTES, TEXT_HTML_BYTES, TEXT_PLAIN_BYTES } from "../../core/limits.ts";
import type { TextKind } from "../../core/text_kinds.ts";
import { normalNote, normalText } from "../../core/text_record.ts";
import { UnreadableText } from "./text_archive.ts";
import type { TextAnswer, TextJob } from "./text_jobs.ts";
import { textOfHtml } from "./text_markup.ts";
import { textOfDocx, textOfEpub, textOfXlsx } from "./text_office.ts";
import { decodePlain } from "./text_plain.ts";

const MOST_BYTES: Readonly<Record<TextKind, number>> = {
  plain: TEXT_PLAIN_BYTES,
  html: TEXT_HTML_BYTES,
  pdf: TEXT_FILE_BYTES,
  docx: TEXT_FILE_BYTES,
  xlsx: TEXT_FILE_BYTES,
  epub: TEXT_FILE_BYTES,
};

/** The main thread writes for some milliseconds at a time. */
const BUSY_MS = 1_000;

parentPort!.on("message", (job: TextJob) => void work(job).then((answer) => parentPort!.postMessage(answer)));

async function work(job: TextJob): Promise<TextAnswer> {
  if (job.do === "checkpoint") {
    checkpoint(job.database);
    return null;
  }
  const bytes = readFile(job.path, MOST_BYTES[job.kind]);
  if (bytes === null) return null;
  try {
    return { text: normalText(await textOf(bytes, job.kind)) };
  } catch (error) {
    const why = error instanceof UnreadableText ? error.message : `it is damaged (${messageOf(error)})`;
    return { note: normalNote(`could not be read: ${why}`) };
  }
}

async function textOf(bytes: Uint8Array, kind: TextKind): Promise<string> {
  switch (kind) {
    case "plain":
      return plain(bytes);
    case "html":
      return textOfHtml(plain(bytes));
    case "docx":
      return textOfDocx(bytes);
    case "xlsx":
      return textOfXlsx(bytes);
    case "epub":
      return textOfEpub(bytes);
    case "pdf": {
      const { textOfPdf } = await import("./text_pdf.ts");
      return await textOfPdf(bytes);
    }
  }
}

function plain(bytes: Uint8Array): string {
  const text = decodePlain(bytes, bytes.length >= TEXT_PLAIN_BYTES);
  if (text === null) throw new UnreadableText("it is no text");
  return text;
}

/** The first bytes of a file; null when it is not there, is none, or is reached through a symlink. */
function readFile(path: string, most: number): Uint8Array | null {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return null;
  }
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) return null;
    const bytes = new Uint8Array(Math.min(stat.size, most));
    let length = 0;
    while (length < bytes.length) {
      const read = readSync(file, bytes, length, bytes.length - length, length);
      if (read === 0) break;
      length += read;
    }
    return bytes.subarray(0, length);
  } catch {
    return null;
  } finally {
    closeSync(file);
  }
}

/** The main thread goes on writing meanwhile. What the disk refuses now, the next time may do. */
function checkpoint(path: string): void {
  try {
    const database = new DatabaseSync(path, { open: true });
    try {
      database.exec(`PRAGMA busy_timeout = ${BUSY_MS}; PRAGMA wal_checkpoint(PASSIVE)`);
    } finally {
      database.close();
    }
  } catch {
    // The database's owner finds what is wrong with it.
  }
}
