/**
 * The inner loop of chunking as WebAssembly: where the next byte lies whose window makes a cut. It is fast from the first megabyte on, where
 * the same loop in JavaScript needs some gigabytes until the engine has made the best of it, and it is faster than that.
 *
 * The module is put together here from its few instructions: there is nothing to build, and nothing that cannot be read.
 */
import { GEAR, WINDOW_BYTES } from "./chunker.ts";

/** Bytes that are looked at in one turn of the loop. */
const UNROLLED = 4;
/** Bytes that the hash is warmed on, before the byte that completes its window. */
export const WARM_BYTES = WINDOW_BYTES - 1;
const PAGE_BYTES = 64 * 1024;
/** The gear table is at address 0; data begin here, with room for what lies before them. */
export const DATA_AT = PAGE_BYTES;

/** Memory with the gear table, and the loop over it. */
export interface GearScan {
  readonly memory: Uint8Array<ArrayBuffer>;
  /**
   * The address behind the first byte from `from` to `to` (exclusive) whose window's hash has no bit of `mask`; 0 when there is none.
   * Reads WARM_BYTES before `from` too.
   */
  readonly scan: (from: number, to: number, mask: number) => number;
}

/** A scanner with room for `bytes` of data. */
export function gearScan(bytes: number): GearScan {
  const pages = Math.ceil((DATA_AT + bytes) / PAGE_BYTES);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(moduleBytes(pages)));
  const memory = new Uint8Array((exports.memory as WebAssembly.Memory).buffer as ArrayBuffer);
  memory.set(new Uint8Array(GEAR.buffer), 0); // little endian, as WebAssembly is and every machine that Deno runs on
  return { memory, scan: exports.scan as GearScan["scan"] };
}

// ---------------------------------------------------------------------------------- instructions

type Code = readonly number[];

const I32 = 0x7f;
const END = 0x0b;
const RETURN = 0x0f;
const NO_RESULT = 0x40;
const ADD = 0x6a, AND = 0x71, SHL = 0x74, EQZ = 0x45, LESS = 0x48;

const get = (local: number): Code => [0x20, local];
const set = (local: number): Code => [0x21, local];
const constant = (value: number): Code => [0x41, ...signed(value)];
const loadByte = (offset: number): Code => [0x2d, 0, ...unsigned(offset)];
const loadWord: Code = [0x28, 2, 0];
const loop = (...body: Code[]): Code => [0x03, NO_RESULT, ...body.flat(), END];
const when = (...body: Code[]): Code => [0x04, NO_RESULT, ...body.flat(), END];
const againIf: Code = [0x0d, 0];

function unsigned(value: number): Code {
  return value < 0x80 ? [value] : [value & 0x7f | 0x80, ...unsigned(value >>> 7)];
}

function signed(value: number): Code {
  const isLast = value >= -0x40 && value < 0x40;
  return isLast ? [value & 0x7f] : [value & 0x7f | 0x80, ...signed(value >> 7)];
}

// ---------------------------------------------------------------------------------- the loop

const [FROM, TO, MASK, STOP, HASH] = [0, 1, 2, 3, 4] as const;
/** Locals besides the parameters. */
const LOCALS = 2;

/** Takes the byte at FROM + `offset` into the hash. */
const take = (offset: number): Code => [
  ...[...get(HASH), ...constant(1), SHL],
  ...[...get(FROM), ...loadByte(offset), ...constant(2), SHL, ...loadWord],
  ...[ADD, ...set(HASH)],
];
/** Answers the address behind that byte if it makes a cut. */
const look = (offset: number): Code => [
  ...take(offset),
  ...[...get(HASH), ...get(MASK), AND, EQZ],
  ...when([...get(FROM), ...constant(offset + 1), ADD, RETURN]),
];
const move = (by: number): Code => [...get(FROM), ...constant(by), ADD, ...set(FROM)];
const isBelow = (limit: number): Code => [...get(FROM), ...get(limit), LESS];
/** Runs `body`, which moves FROM on, while FROM is below a limit. */
const whileBelow = (limit: number, ...body: Code[]): Code => [
  ...isBelow(limit),
  ...when(loop(...body, isBelow(limit), againIf)),
];

const BODY: Code = [
  // The hash of what lies before FROM.
  ...[...get(FROM), ...set(STOP), ...move(-WARM_BYTES)],
  ...whileBelow(STOP, take(0), move(1)),
  // Several bytes in one turn, and the last few one by one.
  ...[...get(TO), ...constant(1 - UNROLLED), ADD, ...set(STOP)],
  ...whileBelow(STOP, ...Array.from({ length: UNROLLED }, (_, offset) => look(offset)), move(UNROLLED)),
  ...whileBelow(TO, look(0), move(1)),
  ...constant(0),
];

function moduleBytes(pages: number): Uint8Array<ArrayBuffer> {
  const section = (id: number, ...body: Code[]): Code => {
    const bytes = body.flat();
    return [id, ...unsigned(bytes.length), ...bytes];
  };
  const name = (text: string): Code => [text.length, ...new TextEncoder().encode(text)];
  const code: Code = [1, ...unsigned(LOCALS), I32, ...BODY, END];
  return new Uint8Array([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 3, I32, I32, I32, 1, I32]), // one type: three numbers to one
    ...section(3, [1, 0]), // one function of it
    ...section(5, [1, 1, ...unsigned(pages), ...unsigned(pages)]), // a memory that does not grow
    ...section(7, [2, ...name("memory"), 2, 0, ...name("scan"), 0, 0]),
    ...section(10, [1, ...unsigned(code.length), ...code]),
  ]);
}
