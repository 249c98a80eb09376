/** Errors that the daemon meets by order: of a kind of call, of a path, by chance, so many times. */
import { type FsCode, FsError } from "../../../src/platform/ports.ts";
import type { Rng } from "./rng.ts";

/** The kinds of calls that faults and hooks tell apart. The hash pool's are its opens, creates, reads and writes. */
export type Call =
  | "lstat"
  | "list"
  | "readLink"
  | "makeDirectory"
  | "removeDirectory"
  | "link"
  | "symlink"
  | "rename"
  | "unlink"
  | "chmod"
  | "setMtime"
  | "open"
  | "create"
  | "read"
  | "write"
  | "truncate"
  | "syncFile"
  | "syncDirectory"
  | "syncFileSystem"
  | "pin"
  | "realPath";

export interface Fault {
  readonly code: FsCode;
  /** All calls when left out. */
  readonly calls?: readonly Call[];
  /** An absolute path and everything below it, or a test of the absolute path (never a `/proc` one). All when left out. */
  readonly path?: string | ((path: string) => boolean);
  /** 1 when left out. */
  readonly chance?: number;
  /** Ends by itself after so many times. */
  readonly times?: number;
}

/** Faults that the daemon meets. A fault of a sync is R27's: the pages count as clean, and are not on the disk. */
export interface Faults {
  /** Switches a fault on; the answer switches it off. */
  add(fault: Fault): () => void;
  /** A file that cannot be opened, or a directory that can be neither listed nor walked. */
  unreadable(path: string): () => void;
  /** Nothing at or below the path can be changed. */
  readOnly(path: string): () => void;
  /** Switches all off. */
  clear(): void;
}

/** The calls that change something, for a subtree that cannot be changed. */
export const CHANGING: ReadonlySet<Call> = new Set<Call>([
  "makeDirectory",
  "removeDirectory",
  "link",
  "symlink",
  "rename",
  "unlink",
  "chmod",
  "setMtime",
  "create",
  "write",
  "truncate",
]);

/** The calls after which something on the disk is another: those before which a process may be made to die. */
export const COUNTED: ReadonlySet<Call> = new Set([
  ...CHANGING,
  "syncFile",
  "syncDirectory",
  "syncFileSystem",
]);

interface Rule {
  readonly fault: Fault;
  readonly meets: (call: Call, path: string) => boolean;
  left: number;
}

/** What `Faults` is made of; `meet` is asked before each call. */
export class FaultRules implements Faults {
  readonly #rng: Rng;
  #rules: Rule[] = [];

  constructor(rng: Rng) {
    this.#rng = rng;
  }

  get some(): boolean {
    return this.#rules.length > 0;
  }

  add(fault: Fault): () => void {
    const { calls, path } = fault;
    return this.#add(fault, (call, at) => {
      if (calls !== undefined && !calls.includes(call)) return false;
      return path === undefined || (typeof path === "string" ? isAtOrBelow(path, at) : path(at));
    });
  }

  unreadable(path: string): () => void {
    const itself: readonly Call[] = ["open", "list", "pin", "syncFile", "syncDirectory"];
    return this.#add({ code: "permission" }, (call, at) => {
      return at === path ? itself.includes(call) : isAtOrBelow(path, at);
    });
  }

  readOnly(path: string): () => void {
    return this.#add({ code: "read-only" }, (call, at) => CHANGING.has(call) && isAtOrBelow(path, at));
  }

  clear(): void {
    this.#rules = [];
  }

  /** Whether the path lies where nothing can be changed. Counts as no call. */
  isReadOnly(path: string): boolean {
    return this.#rules.some(({ fault, meets }) => fault.code === "read-only" && meets("write", path));
  }

  /** The error that the call shall answer with, or null. */
  meet(call: Call, path: string): FsError | null {
    for (const rule of this.#rules) {
      if (!rule.meets(call, path) || !this.#rng.chance(rule.fault.chance ?? 1)) continue;
      if (--rule.left <= 0) this.#remove(rule);
      return new FsError(rule.fault.code, path, new Error("A fault of the simulated disk"));
    }
    return null;
  }

  #add(fault: Fault, meets: Rule["meets"]): () => void {
    const rule = { fault, meets, left: fault.times ?? Infinity };
    this.#rules.push(rule);
    return () => this.#remove(rule);
  }

  #remove(rule: Rule): void {
    this.#rules = this.#rules.filter((other) => other !== rule);
  }
}

export function isAtOrBelow(top: string, path: string): boolean {
  return path === top || top === "/" || (path.startsWith(top) && path.charCodeAt(top.length) === 47);
}
