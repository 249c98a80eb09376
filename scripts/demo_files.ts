/** Real files for the demo: some thousand, of mixed sizes, with the names and kinds that break naive tools. */

/** Of 100 files this many are at most this large: a folder of notes, scans and a few pictures. */
const SIZES = [
  { share: 70, maxBytes: 4 * 1024 },
  { share: 25, maxBytes: 64 * 1024 },
  { share: 4, maxBytes: 512 * 1024 },
  { share: 1, maxBytes: 2 * 1024 * 1024 },
] as const;

const FILES_PER_DIRECTORY = 40;
/** The most that one call of getRandomValues fills. */
const RANDOM_BYTES = 65_536;
const LARGE_WRITE_BYTES = 4 * 1024 * 1024;

/** Makes `count` files in directories of some ten below `root`. */
export function makeFiles(root: string, count: number): void {
  for (let i = 0; i < count; i++) {
    const directory = `${root}/part ${Math.floor(i / FILES_PER_DIRECTORY)}`;
    if (i % FILES_PER_DIRECTORY === 0) Deno.mkdirSync(directory, { recursive: true });
    Deno.writeFileSync(`${directory}/file-${i}.dat`, randomBytes(sizeOf(i)));
  }
}

/** Names and kinds out of the common: each of them travels. */
export function makeSpecials(root: string): void {
  Deno.mkdirSync(`${root}/empty directory`, { recursive: true });
  Deno.writeTextFileSync(`${root}/empty file`, "");
  Deno.writeTextFileSync(`${root}/emoji 🪨 cairn.txt`, "stones\n");
  Deno.writeTextFileSync(`${root}/cafe\u0301 (combining).txt`, "é\n");
  Deno.writeTextFileSync(`${root}/${"long".repeat(60)}.txt`, "a long name\n");
  if (Deno.build.os === "windows") return;
  Deno.writeTextFileSync(`${root}/quotes ' " \` and\na newline`, "odd\n");
  Deno.writeTextFileSync(`${root}/run.sh`, "#!/bin/sh\necho hello\n");
  Deno.chmodSync(`${root}/run.sh`, 0o755);
  Deno.symlinkSync("run.sh", `${root}/link to run.sh`);
  Deno.symlinkSync("/nowhere/at all", `${root}/link to nowhere`);
}

/** Makes one large file of random bytes, in constant memory. */
export function makeLargeFile(path: string, sizeBytes: number): void {
  using file = Deno.openSync(path, { create: true, write: true, truncate: true });
  const block = new Uint8Array(LARGE_WRITE_BYTES);
  for (let left = sizeBytes; left > 0;) {
    const part = block.subarray(0, Math.min(left, block.length));
    fillRandom(part);
    for (let done = 0; done < part.length;) done += file.writeSync(part.subarray(done));
    left -= part.length;
  }
}

/** Replaces a stretch in the middle of a file and adds a line at its end. */
export function editFile(path: string, text: string): void {
  const { size } = Deno.statSync(path);
  using file = Deno.openSync(path, { write: true });
  const bytes = new TextEncoder().encode(text);
  file.seekSync(Math.floor(size / 2), Deno.SeekMode.Start);
  file.writeSync(bytes);
  file.seekSync(0, Deno.SeekMode.End);
  file.writeSync(bytes);
}

function sizeOf(index: number): number {
  let place = index * 37 % 100;
  for (const { share, maxBytes } of SIZES) {
    if (place < share) return 1 + Math.floor(Math.random() * maxBytes);
    place -= share;
  }
  return 0;
}

function randomBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  fillRandom(bytes);
  return bytes;
}

function fillRandom(bytes: Uint8Array<ArrayBuffer>): void {
  for (let i = 0; i < bytes.length; i += RANDOM_BYTES) {
    crypto.getRandomValues(bytes.subarray(i, i + RANDOM_BYTES));
  }
}
