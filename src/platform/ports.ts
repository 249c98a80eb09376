/**
 * The ports: everything that Cairn wants from the world, as narrow interfaces. Only `daemon/` builds the
 * real forms of `platform/real/`; a simulated world builds others. Nothing above this layer
 * touches `Deno.*`, `Date.now`, `Math.random` or timers.
 */
import type { ContentId, RelPath } from "../core/ids.ts";
import type { ChunkList } from "../core/content.ts";
import type { TextKind } from "../core/text_kinds.ts";
import type { ReadText } from "../core/text_record.ts";

// ------------------------------------------------------------------------------------ file system

export type FileKind = "file" | "directory" | "symlink" | "other";

/** What `lstat` tells. Times in milliseconds since 1970, as fine as the platform gives them. */
export interface Stat {
  readonly kind: FileKind;
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  /** Birth time; 0 where the file system has none. */
  readonly birthMs: number;
  readonly ino: number;
  readonly dev: number;
  /** Permission bits, masked to 0o777. */
  readonly mode: number;
  /** How many names it has; 1 where the platform does not tell. */
  readonly links: number;
}

export interface DirItem {
  readonly name: string;
  readonly kind: FileKind;
}

/** What a file-system call can answer instead of doing its work. */
export type FsCode =
  | "not-found"
  | "exists"
  | "not-directory"
  | "is-directory"
  | "not-empty"
  | "permission"
  | "read-only"
  | "no-space"
  | "name-too-long"
  | "symlink-loop"
  | "cross-device"
  | "too-many-links"
  | "too-many-files"
  | "unsupported"
  | "io";

export class FsError extends Error {
  override readonly name = "FsError";
  constructor(readonly code: FsCode, readonly path: string, cause?: unknown) {
    super(`${code}: ${path}`, cause === undefined ? undefined : { cause });
  }
}

/** Room on a file system, in bytes. */
export interface DiskIdentity {
  /** The same for all that lies on one disk, wherever that is plugged in. */
  readonly id: string;
  /** Its file system has met errors, or it lacks a part. */
  readonly isFailing: boolean;
}

export interface DiskSpace {
  /** What this user may still write. */
  readonly free: number;
  readonly total: number;
}

/** An open file. Positions are absolute; there is no file cursor. */
export interface FileHandle {
  /** Bytes read at `position` into `into`; fewer only at the end of the file. */
  read(into: Uint8Array, position: number): Promise<number>;
  write(bytes: Uint8Array, position: number): Promise<void>;
  truncate(size: number): void;
  stat(): Stat;
  /** fdatasync. */
  syncData(): Promise<void>;
  close(): void;
}

/**
 * A directory held open, so that nobody can swap a symlink under its path while names in it are
 * worked on (R23). `at(name)` is a path for the calls of `Fs`, good until `close`.
 */
export interface PinnedDir {
  at(name: string): string;
  /** Path of the directory itself, for `list` and `syncDirectory`. */
  readonly self: string;
  close(): void;
}

/**
 * A file system. Paths are absolute. Calls that only touch names and attributes are synchronous: they
 * take microseconds, and a re-check and its rename must have no gap between them (R20). Every call throws `FsError`.
 */
export interface Fs {
  /** Null when nothing is there. Does not follow a symlink. */
  lstat(path: string): Stat | null;
  /** All names in a directory, in no order, without `.` and `..`. All or an error (R13). */
  list(path: string): DirItem[];
  readLink(path: string): string;
  makeDirectory(path: string, mode?: number): void;
  /** Makes the directory and its parents; one that exists is fine. */
  makeDirectories(path: string): void;
  removeDirectory(path: string): void;
  /** A second name for a file; "exists" when `to` is taken, "unsupported" where there are no hard links. */
  link(from: string, to: string): void;
  symlink(target: string, path: string): void;
  /** Atomic; replaces a file at `to`. */
  rename(from: string, to: string): void;
  /** Atomic, and never replaces: "exists" when `to` is taken. "unsupported" where the platform or the file system has no such call. */
  renameNew(from: string, to: string): void;
  /**
   * Atomic: each of two names of one file system gets what the other one had, of whatever kinds. "not-found" when one is missing,
   * "unsupported" where the platform or the file system has no such call; then nothing has changed.
   */
  exchange(a: string, b: string): void;
  unlink(path: string): void;
  chmod(path: string, mode: number): void;
  /** Sets mtime (of a symlink itself, where the platform can). */
  setMtime(path: string, mtimeMs: number): void;
  /** `read` and `write` do not follow a symlink at the last name; `create` fails with "exists". */
  open(path: string, mode: "read" | "write" | "create"): FileHandle;
  /** The whole of a small file (at most `maxBytes`), or null when nothing is there. */
  readSmall(path: string, maxBytes: number): Uint8Array<ArrayBuffer> | null;
  /** Writes aside, syncs, renames over `path`, syncs the directory. `mode` defaults to 0o644. */
  writeDurably(path: string, bytes: Uint8Array, mode?: number): Promise<void>;
  /** Makes names in the directory durable. */
  syncDirectory(path: string): Promise<void>;
  /** fsync of the file at `path`: its bytes, mode and times. */
  syncFile(path: string): Promise<void>;
  /** Syncs the whole file system that holds `path`, where the platform can: false where it cannot. */
  syncFileSystem(path: string): Promise<boolean>;
  /** Holds `root/dir` open, following no symlink below `root`; "not-directory" when one is in the way. */
  pin(root: string, dir: RelPath): PinnedDir;
  /** Absolute, symlink-free form of a path that exists. */
  realPath(path: string): string;
  /** Room on the file system that holds `path`, which exists; null where that does not tell. Microseconds. */
  freeSpace(path: string): DiskSpace | null;
  /** The disk that holds a path, which exists; null where the system does not tell. */
  diskOf(path: string): DiskIdentity | null;
}

// ------------------------------------------------------------------------------------ watcher

/**
 * Says where something may have changed. Hints, never the truth: they may be lost, late, merged
 * or about nothing. `gone` ends the watch for good (watches ran out, root removed): poll then.
 */
export interface WatchEvents {
  /** Something at this path (relative to the root, `""` for the root) may have changed. */
  hint(path: string): void;
  gone(reason: string): void;
}

export interface Watcher {
  /** Each directory that comes is hinted itself once it is watched: nothing that comes into it later goes untold. */
  readonly announcesDirectories: boolean;
  /** Watches a tree, `ignoreTop` at its top left out. The returned function ends it. */
  watch(root: string, ignoreTop: string, events: WatchEvents): () => void;
}

// ------------------------------------------------------------------------------------ clock, randomness

export interface Clock {
  /** Wall clock, milliseconds since 1970. May jump. */
  now(): number;
  /** Monotone milliseconds from an arbitrary start. */
  monotonic(): number;
  /** Calls `run` once after `delayMs`. The returned function cancels it. */
  after(delayMs: number, run: () => void): () => void;
}

export interface Random {
  bytes(length: number): Uint8Array<ArrayBuffer>;
}

// ------------------------------------------------------------------------------------ content workers

/** What hashing a file gives. `chunks` is null for a small file: it travels whole. */
export interface HashedFile {
  readonly size: number;
  readonly content: ContentId;
  readonly chunks: ChunkList | null;
}

/** A stretch of a file that must have the digest (32 bytes, SHA-256). */
export interface Piece {
  readonly offset: number;
  readonly length: number;
  readonly digest: Uint8Array;
}

/** One whole small file inside a buffer, to be written to `path`. */
export interface SmallFile {
  readonly path: string;
  readonly offset: number;
  readonly length: number;
  readonly content: ContentId;
  readonly mode: number;
  readonly mtimeMs: number;
}

/**
 * Work on content, off the main thread: reading, cutting, hashing, writing. Files are read in constant
 * memory and never through a symlink. Failures of one file never fail the others.
 */
export interface HashPool {
  /** Identifies each file; answers stand at the index of their path. */
  hash(paths: readonly string[]): Promise<(HashedFile | FsError)[]>;
  /** Whether the bytes of small files are kept for some seconds once they were hashed: somebody may ask for them. */
  keepRecent(wanted: boolean): void;
  /** Such bytes, as far as they are still there; to be copied at once. */
  recent(content: ContentId): Uint8Array | null;
  /** Reads a stretch of a file; null when it is not there, short, or reached through a symlink. */
  readStretch(path: string, offset: number, length: number): Promise<Uint8Array<ArrayBuffer> | null>;
  /**
   * Reads whole files and checks their content ids; null where one is missing or another. `isCold`: from the disk and not from the system's
   * copies in memory, as far as that can be had, and leaving none there.
   */
  readSmall(
    files: readonly { path: string; content: ContentId }[],
    isCold?: boolean,
  ): Promise<(Uint8Array<ArrayBuffer> | null)[]>;
  /**
   * Checks the digest of each piece in `bytes` (they stand one behind the other) and writes it at its offset
   * of the file (R22, receiver). Answers per piece whether it was good; a bad one is not written.
   * `bytes` is given away.
   */
  writePieces(path: string, pieces: readonly Piece[], bytes: Uint8Array<ArrayBuffer>): Promise<boolean[]>;
  /** Checks each small file's content id and creates it, with mode and mtime set; false where the bytes were wrong. */
  writeSmall(files: readonly SmallFile[], bytes: Uint8Array<ArrayBuffer>): Promise<(boolean | FsError)[]>;
  /**
   * Copies those stretches of `from` that have the expected digests to their places in `to`, both hashed as they
   * are copied. Answers per piece whether it is now in `to`. `sourceOffset` is where the piece stands in `from`.
   */
  copyPieces(
    from: string,
    to: string,
    pieces: readonly (Piece & { readonly sourceOffset: number })[],
  ): Promise<boolean[]>;
  /** Answers per piece whether the file already holds it (a resumed stage). `isCold` as of `readSmall`. */
  checkPieces(path: string, pieces: readonly Piece[], isCold?: boolean): Promise<boolean[]>;
  /** The bytes by raw deflate; null where that saves less than an eighth. */
  pack(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer> | null>;
  /** What was packed so, `length` bytes; null where it is anything else. */
  unpack(packed: Uint8Array, length: number): Promise<Uint8Array<ArrayBuffer> | null>;
  /** Nothing has happened for a moment: what is only kept to be fast can go. */
  rest(): void;
  close(): void;
}

// ------------------------------------------------------------------------------------ texts

/** Reads the words out of files, in a worker of its own that is ended when a file takes too much of anything. One at a time. */
export interface TextReader {
  /**
   * The file's text, in the form of `core/text_record.ts`, or why it has none. Null when nothing can be said of it now: it is not there any
   * more, or the reader was closed.
   */
  read(path: string, kind: TextKind): Promise<ReadText | null>;
  /** Moves what was written to a SQLite database from its log into its file, which waits for the disk. */
  checkpoint(database: string): Promise<void>;
  close(): void;
}

// ------------------------------------------------------------------------------------ network

/** What a device proves itself with. PEM texts, and the certificate's DER. */
export interface TlsIdentity {
  readonly certificatePem: string;
  readonly keyPem: string;
  readonly certificateDer: Uint8Array;
}

/** A link after the TLS handshake. Whether the peer is welcome is decided above (invariant 7). */
export interface SecureLink {
  /** The peer's whole certificate as DER; null when it showed none. */
  readonly peerCertificate: Uint8Array | null;
  /** The protocol that ALPN agreed on. */
  readonly protocol: string;
  /** The peer's address and port, `host:port`. */
  readonly remote: string;
  /** Bytes that were handed to `write` and are not with the operating system yet. */
  readonly bufferedBytes: number;
  /** With `isGiven` nobody else has to do with the bytes: their memory goes back as soon as they are out. */
  write(bytes: Uint8Array, isGiven?: boolean): void;
  /** Called when `bufferedBytes` has fallen to zero. */
  onDrain(run: () => void): void;
  /** The bytes are good during the call only. */
  onData(run: (bytes: Uint8Array) => void): void;
  /** Called once, whoever closed and why (null: in order). */
  onClose(run: (why: string | null) => void): void;
  /** Stops or resumes reading, for back-pressure. */
  pause(on: boolean): void;
  /** Sends what is buffered, then closes. */
  close(): void;
  /** Closes at once. */
  destroy(): void;
}

export interface Listener {
  readonly port: number;
  close(): void;
}

export interface BeaconSocket {
  /** Sends to the broadcast and multicast addresses of every interface. */
  broadcast(bytes: Uint8Array): void;
  /** Sends to one address. */
  answer(bytes: Uint8Array, host: string, port: number): void;
  close(): void;
}

export interface Net {
  /**
   * Accepts TLS 1.3 links for the given protocols. `port` 0 lets the system choose;
   * a taken port throws CairnError "network". `protocols` is asked for every handshake.
   */
  listen(
    port: number,
    identity: TlsIdentity,
    protocols: readonly string[],
    accept: (link: SecureLink) => void,
  ): Promise<Listener>;
  /** Dials `host:port`; throws CairnError "network" with the reason. */
  dial(address: string, identity: TlsIdentity, protocol: string, timeoutMs: number): Promise<SecureLink>;
  /** Opens the socket for beacons on a UDP port shared with other devices on this host. */
  beacons(
    port: number,
    heard: (bytes: Uint8Array, host: string, port: number) => void,
  ): Promise<BeaconSocket>;
}

// ------------------------------------------------------------------------------------ other programs

export interface ToolAnswer {
  readonly code: number;
  readonly stdout: Uint8Array;
  readonly stderr: string;
}

/** Programs of the system that are run to their end: `systemctl`, `crontab`. */
export interface Tools {
  /** Null where there is no such program. */
  run(argv: readonly string[], stdin?: Uint8Array<ArrayBuffer>): Promise<ToolAnswer | null>;
}

/** A program that is looked after. */
export interface Child {
  readonly pid: number;
  /** What it says on both of its streams, until it has ended. */
  readonly said: AsyncIterable<Uint8Array>;
  /** Its exit code; 128 and the signal's number where one ended it. */
  readonly ended: Promise<number>;
  /** Asks it to stop, as a person's Ctrl-C would. */
  stop(): void;
}
