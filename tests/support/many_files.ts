/**
 * A catalogue of as many files as one likes, on five devices, filled as devices fill it: this one's own by records, the others' by
 * pages. The same number gives the same files. For measuring, and for tests that need more than a handful.
 */
import type { Catalogue } from "../../src/catalogue/catalogue.ts";
import { sha256 } from "../../src/core/content.ts";
import type { Entry, Row } from "../../src/core/entry.ts";
import { type ContentId, type RelPath, toHex } from "../../src/core/ids.ts";
import { actorOf, bootOf, lsnOf, stampOf } from "./entries.ts";
import { DEVICE_IDS, FOLDERS, foundLibrary } from "./five_devices.ts";

/** The device whose catalogue it is, as all others by its place in DEVICE_IDS. */
const SELF = 0;
const FILES_A_DIRECTORY = 16;
const PAGE_ROWS = 1_000;
const RECORD_ROWS = 400;
/** 1 March 2021. */
const BEGIN_MS = 1_614_556_800_000;
const YEARS_MS = 5 * 365 * 24 * 3_600_000;

const WORDS =
  ("annual budget summer winter family beach invoice report tax receipt contract letter draft final notes meeting project garden " +
    "kitchen travel holiday birthday wedding school music guitar piano concert festival mountain river forest city street house car " +
    "bike train flight hotel passport visa insurance bank statement payment order delivery warranty manual recipe cake bread dinner " +
    "sketch design logo banner poster flyer chapter thesis paper lecture exercise exam solution summary appendix figure table data " +
    "backup archive export import sample test module server client parser lexer engine render shader texture mesh scene camera light")
    .split(" ");
const ENDINGS: readonly (readonly string[])[] = [
  ["jpg", "jpg", "jpg", "heic", "png", "mp4", "mov"],
  ["pdf", "pdf", "docx", "xlsx", "txt", "md", "pptx"],
  ["mp3", "flac", "ogg", "m4a"],
  ["ts", "rs", "py", "go", "json", "md", "html", "css", "zip"],
];

export interface ManyFiles {
  readonly files: number;
  /** Of 100 files, how many have the content of an earlier one. */
  readonly duplicates?: number;
}

/** Fills `catalogue`, whose own device is 1; answers how many rows it put in. `told` is called now and then. */
export function fillCatalogue(
  catalogue: Catalogue,
  { files, duplicates = 10 }: ManyFiles,
  told: (files: number) => void = () => {},
): number {
  const random = mulberry(files);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const lsns = new Map<number, number>(DEVICE_IDS.map((_, device) => [device, 0]));
  const waiting = new Map<string, Row[]>();
  let rows = 0;
  foundLibrary(catalogue);
  lsns.set(SELF, 2);

  const flush = (device: number, folder: number): void => {
    const some = waiting.get(`${device}/${folder}`) ?? [];
    waiting.delete(`${device}/${folder}`);
    if (some.length === 0) return;
    const from = lsns.get(device)!;
    const id = FOLDERS[folder]!.id;
    rows += some.length;
    if (device === SELF) {
      lsns.set(SELF, from + 1);
      catalogue.db.transaction(() =>
        catalogue.applyRecord(lsnOf(from + 1), {
          type: "rows",
          folder: id,
          cause: "local",
          timeMs: BEGIN_MS,
          closes: lsnOf(0),
          rows: some,
          fresh: [],
        })
      );
      return;
    }
    lsns.set(device, from + some.length);
    catalogue.applyPage({
      origin: DEVICE_IDS[device]!,
      from: { epoch: 1, boot: from === 0 ? null : bootOf(device + 1), lsn: lsnOf(from) },
      to: { epoch: 1, boot: bootOf(device + 1), lsn: lsnOf(from + some.length) },
      complete: true,
      folders: [{ folder: id, rows: some.map((row, i) => ({ lsn: lsnOf(from + i + 1), row })) }],
      facts: [],
    });
  };
  const put = (device: number, folder: number, row: Row): void => {
    const key = `${device}/${folder}`;
    const some = waiting.get(key) ?? [];
    if (some.length === 0) waiting.set(key, some);
    some.push(row);
    if (some.length >= (device === SELF ? RECORD_ROWS : PAGE_ROWS)) flush(device, folder);
  };

  let counter = 0;
  const tops = new Set<string>();
  for (let made = 0; made < files;) {
    const folder = Math.floor(random() * FOLDERS.length);
    const year = 2021 + Math.floor(random() * 5);
    const top = `${year}` as RelPath;
    const directory = `${top}/${pick(WORDS)} ${pick(WORDS)} ${made}` as RelPath;
    // Who has one file of a directory has all of it, as with people.
    const holders = holdersOf(random);
    const its = directoryEntry(++counter);
    for (const device of holders) {
      const above = `${device}/${folder}/${top}`;
      if (!tops.has(above)) put(device, folder, rowOf(top, directoryEntry(++counter)));
      tops.add(above);
      put(device, folder, rowOf(directory, its));
    }
    for (let i = 0; i < FILES_A_DIRECTORY && made < files; i++, made++) {
      const path = `${directory}/${nameOf(random, pick, folder, i)}` as RelPath;
      const isCopy = random() * 100 < duplicates && made > 0;
      const content = contentOf(isCopy ? Math.floor(random() * made) : made);
      const entry = fileEntry(++counter, content, random);
      for (const device of holders) put(device, folder, rowOf(path, entry));
    }
    if (made % 10_000 < FILES_A_DIRECTORY) told(made);
  }
  for (const device of DEVICE_IDS.keys()) FOLDERS.forEach((_, folder) => flush(device, folder));
  return rows;
}

/** Half of all directories are on one device alone. */
function holdersOf(random: () => number): number[] {
  const many = random() < 0.5 ? 1 : random() < 0.6 ? 2 : 3;
  const first = Math.floor(random() * DEVICE_IDS.length);
  return Array.from({ length: many }, (_, i) => (first + i) % DEVICE_IDS.length);
}

function nameOf(random: () => number, pick: <T>(list: readonly T[]) => T, folder: number, i: number): string {
  const ending = pick(ENDINGS[folder]!);
  const number = Math.floor(random() * 10_000).toString().padStart(4, "0");
  return folder === 0
    ? `IMG_${number}_${i}.${ending}`
    : `${pick(WORDS)}-${pick(WORDS)}-${number}_${i}.${ending}`;
}

/** The size belongs to the content. */
function contentOf(number: number): { readonly id: ContentId; readonly size: number } {
  const digest = sha256(new TextEncoder().encode(String(number)));
  return {
    id: `01${toHex(digest)}` as ContentId,
    size: 1 + (digest[0]! << 12 | digest[1]! << 4 | digest[2]! >> 4),
  };
}

function fileEntry(
  counter: number,
  { id, size }: ReturnType<typeof contentOf>,
  random: () => number,
): Entry {
  const mtimeMs = BEGIN_MS + Math.floor(random() * YEARS_MS);
  return {
    ...directoryEntry(counter),
    kind: "file",
    mode: 0o644,
    size,
    mtimeMs,
    content: id,
    stamp: stampOf(mtimeMs * 1024),
  };
}

function directoryEntry(counter: number): Entry {
  const only = { actor: actorOf(1), counter };
  const stamp = stampOf(BEGIN_MS * 1024 + counter);
  return {
    kind: "directory",
    size: 0,
    mtimeMs: 0,
    mode: 0o755,
    content: null,
    target: null,
    version: { dots: [only], meta: only, metaStamp: stamp, context: new Map([[only.actor, counter]]) },
    stamp,
    writer: DEVICE_IDS[SELF]!,
  };
}

function rowOf(path: RelPath, entry: Entry): Row {
  return { path, entry, offered: true, held: true };
}

function mulberry(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = a + 0x6d2b79f5 | 0;
    let t = Math.imul(a ^ a >>> 15, 1 | a);
    t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t;
    return ((t ^ t >>> 14) >>> 0) / 4294967296;
  };
}
