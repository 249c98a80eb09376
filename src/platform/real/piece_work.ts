/**
 * Pieces of large files, each checked against its digest (R22) before it is written. Plain synchronous functions for a worker. Pieces that
 * stand one behind the other are read and written in one go: whoever writes to a file keeps out all others meanwhile, and the ends of a
 * write are pages that another one writes again.
 */
import * as fs from "node:fs";
import { sha256 } from "../../core/content.ts";
import type { Piece } from "../ports.ts";
import { withFile } from "./content_work.ts";
import { guarded } from "./fs_errors.ts";
import { openRegular, readFullSync, writeFullSync } from "./fs_handle.ts";
import { forgetCached, startWriteback } from "./writeback.ts";

/** Pieces up to this are copied in one go: it stays in the processor's cache from the reading to the writing. */
const SPAN_BYTES = 512 * 1024;

type Copy = Piece & { readonly sourceOffset: number };

let room = new Uint8Array(0);

/** Per piece whether it was good; the good ones are written at their offsets of the existing file. */
export function writePieces(path: string, pieces: readonly Piece[], bytes: Uint8Array): boolean[] {
  const fd = openRegular(path, "write");
  return guarded(path, () => {
    try {
      return writeGood(fd, path, pieces, bytes);
    } finally {
      fs.closeSync(fd);
    }
  });
}

/** Per piece whether `from` held it and it is now in the existing file `to`. */
export function copyPieces(from: string, to: string, pieces: readonly Copy[]): boolean[] {
  const target = openRegular(to, "write");
  try {
    const copied = withFile(from, "read", (source) => {
      const good: boolean[] = [];
      while (good.length < pieces.length) {
        const span = spanOf(pieces, good.length);
        const bytes = roomFor(bytesOf(span));
        const got = readFullSync(source, bytes, span[0]!.sourceOffset);
        good.push(...guarded(to, () => writeGood(target, to, span, bytes.subarray(0, got))));
      }
      return good;
    });
    return copied ?? pieces.map(() => false);
  } finally {
    fs.closeSync(target);
  }
}

/** Per piece whether the file holds it. Cold ones stand one behind the other. */
export function checkPieces(path: string, pieces: readonly Piece[], isCold = false): boolean[] {
  const [first, last] = [pieces[0], pieces.at(-1)];
  if (first === undefined || last === undefined) return [];
  const length = last.offset + last.length - first.offset;
  const checked = withFile(path, "read", (fd) => {
    if (isCold) forgetCached(fd, first.offset, length);
    try {
      return pieces.map((piece) => {
        const bytes = roomFor(piece.length);
        return isPiece(piece, bytes.subarray(0, readFullSync(fd, bytes, piece.offset)));
      });
    } finally {
      if (isCold) forgetCached(fd, first.offset, length);
    }
  });
  return checked ?? pieces.map(() => false);
}

/** Writes the good ones of pieces whose bytes lie one behind the other in `bytes`; those may end too early. */
function writeGood(fd: number, path: string, pieces: readonly Piece[], bytes: Uint8Array): boolean[] {
  const good: boolean[] = [];
  let from = 0; // of a run of good pieces, in `bytes`
  let at = 0;
  let offset = 0; // of the run in the file
  const write = () => {
    if (at === from) return;
    writeFullSync(fd, bytes.subarray(from, at), offset);
    startWriteback(fd, path, offset, at - from);
  };
  for (const piece of pieces) {
    const end = at + piece.length;
    const isGood = isPiece(piece, bytes.subarray(at, end));
    if (!isGood || piece.offset !== offset + at - from) {
      write();
      from = isGood ? at : end;
      offset = piece.offset;
    }
    at = end;
    good.push(isGood);
  }
  write();
  return good;
}

/** Pieces from `first` on that stand one behind the other in both files. */
function spanOf(pieces: readonly Copy[], first: number): readonly Copy[] {
  const { offset, sourceOffset } = pieces[first]!;
  let bytes = pieces[first]!.length;
  let end = first + 1;
  for (; end < pieces.length; end++) {
    const piece = pieces[end]!;
    if (piece.offset !== offset + bytes || piece.sourceOffset !== sourceOffset + bytes) break;
    if (bytes + piece.length > SPAN_BYTES) break;
    bytes += piece.length;
  }
  return pieces.slice(first, end);
}

function bytesOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}

/** Room for `bytes`, the same one every time. */
function roomFor(bytes: number): Uint8Array {
  if (room.length < bytes) room = new Uint8Array(Math.max(bytes, SPAN_BYTES));
  return room.subarray(0, bytes);
}

function isPiece(piece: Piece, bytes: Uint8Array): boolean {
  if (bytes.length !== piece.length) return false;
  const digest = sha256(bytes);
  return piece.digest.length === digest.length && piece.digest.every((byte, i) => byte === digest[i]);
}
