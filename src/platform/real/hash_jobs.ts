/** What goes between the hash pool and its workers. */
import type { FsCode } from "../ports.ts";
import type { cutBig, hashSome } from "./content_hash.ts";
import type { readSmall, readStretch, writeSmall } from "./content_work.ts";
import type { checkPieces, copyPieces, writePieces } from "./piece_work.ts";
import type { pack, unpack } from "./packing.ts";

/** Each kind of job and the function that does it. */
export interface Jobs {
  readonly hashSome: typeof hashSome;
  readonly cutBig: typeof cutBig;
  readonly readStretch: typeof readStretch;
  readonly readSmall: typeof readSmall;
  readonly writePieces: typeof writePieces;
  readonly writeSmall: typeof writeSmall;
  readonly copyPieces: typeof copyPieces;
  readonly checkPieces: typeof checkPieces;
  readonly pack: typeof pack;
  readonly unpack: typeof unpack;
  /** The worker gives back what it does not need. */
  readonly rest: () => void;
}

export interface Request {
  readonly id: number;
  readonly kind: keyof Jobs;
  readonly args: readonly unknown[];
}

/** An `FsError` on its way; also as an item of an answer that is an array. */
export interface Wire {
  readonly fsCode: FsCode;
  readonly path: string;
  readonly why: string;
}

export interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly failure?: Wire;
}

export function isWire(value: unknown): value is Wire {
  return typeof value === "object" && value !== null && "fsCode" in value;
}
