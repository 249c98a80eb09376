/** The worker of `hash_pool.ts`: does one job after the other and hands the bytes over without copying. */
/// <reference lib="deno.worker" />
import { FsError } from "../ports.ts";
import { collector } from "./collector.ts";
import { cutBig, hashSome } from "./content_hash.ts";
import { readSmall, readStretch, writeSmall } from "./content_work.ts";
import { fsError } from "./fs_errors.ts";
import { pack, unpack } from "./packing.ts";
import type { Answer, Jobs, Request, Wire } from "./hash_jobs.ts";
import { checkPieces, copyPieces, writePieces } from "./piece_work.ts";

const WORK: { readonly [K in keyof Jobs]: Jobs[K] } = {
  hashSome,
  cutBig,
  readStretch,
  readSmall,
  writePieces,
  writeSmall,
  copyPieces,
  checkPieces,
  pack,
  unpack,
  rest: () => collector()?.(),
};

self.onmessage = ({ data }: MessageEvent<Request>) => {
  let answer: Answer;
  try {
    const work = WORK[data.kind] as (...args: readonly unknown[]) => unknown;
    const value = work(...data.args);
    answer = { id: data.id, value: Array.isArray(value) ? value.map(toWire) : value };
  } catch (error) {
    answer = { id: data.id, failure: toWire(fsError(error, "")) as Wire };
  }
  if (data.kind === "writePieces" || data.kind === "writeSmall") release(data.args.at(-1));
  self.postMessage(answer, { transfer: buffersOf(answer.value) });
};

/** Gives the memory of bytes back at once: at some hundred MB a second the garbage collector comes too late. */
function release(bytes: unknown): void {
  if (bytes instanceof Uint8Array) (bytes.buffer as ArrayBuffer).transfer(0);
}

/** An error's class does not survive the way between workers. */
function toWire(value: unknown): unknown {
  if (!(value instanceof FsError)) return value;
  const why = value.cause instanceof Error ? value.cause.message : value.message;
  return { fsCode: value.code, path: value.path, why } satisfies Wire;
}

/** The buffers of an answer: its own, those of its items, of their chunk lists and bytes. */
function buffersOf(value: unknown): ArrayBuffer[] {
  const items = Array.isArray(value) ? value : [value];
  const buffers = new Set<ArrayBuffer>();
  for (const item of items) {
    for (const bytes of [item, item?.chunks, item?.bytes]) {
      if (bytes instanceof Uint8Array && bytes.length > 0) buffers.add(bytes.buffer as ArrayBuffer);
    }
  }
  return [...buffers];
}
