/** The disks of the home and of the folders: room, and, where a device runs that may write there, whether a write is durable and comes back. */
import { sizeInWords } from "../../core/bytes.ts";
import { type Fs, FsError } from "../../platform/ports.ts";
import type { HostFacts } from "../../platform/real/host_facts.ts";
import { FOLDER_RESERVE, HOME_RESERVE, keptFree } from "../../sync/room.ts";
import type { DiskTried, Finding } from "./types.ts";
import { formatSpan } from "./words.ts";

/** Each change waits for such a write: an old disk takes a tenth of it. */
const SLOW_MS = 2_000;

export interface DiskPlace {
  readonly path: string;
  readonly isHome: boolean;
  /** Whether this device places files there. */
  readonly isWritten: boolean;
}

export function checkDisks(
  fs: Fs,
  host: HostFacts,
  places: readonly DiskPlace[],
  tried: readonly DiskTried[] | null,
): Finding[] {
  return places.flatMap((place) => {
    if (fs.lstat(place.path) === null) return [goneFinding(place)];
    const test = tried?.find(({ path }) => path === place.path);
    return [...roomFindings(fs, place), ...writeFindings(host, place, test, tried !== null)];
  });
}

function goneFinding({ path, isHome }: DiskPlace): Finding {
  return {
    check: "disk",
    code: isHome ? "home-missing" : "root-missing",
    verdict: isHome ? "note" : "attention",
    subject: path,
    says: isHome
      ? "no device was ever started here"
      : "the folder is not there: its disk is away, or it was moved",
    remedy: isHome
      ? "Start one with: cairn up PATH"
      : "Plug the disk in or mount it. If the folder was moved: cairn up NEWPATH. Nothing is deleted anywhere for it.",
    facts: { isHome },
  };
}

function roomFindings(fs: Fs, { path, isHome }: DiskPlace): Finding[] {
  const base = { check: "disk", subject: path } as const;
  let space;
  try {
    space = fs.freeSpace(path);
  } catch (error) {
    if (!(error instanceof FsError)) throw error;
    return [{
      ...base,
      code: "disk-unreadable",
      verdict: "attention",
      says: `it cannot be looked at: ${error.message}`,
      remedy: "Mend the disk or its permissions.",
      facts: { isHome },
    }];
  }
  if (space === null) return [];
  const kept = keptFree(isHome ? HOME_RESERVE : FOLDER_RESERVE, space.total);
  const isShort = space.free <= kept;
  return [{
    ...base,
    code: isShort ? "disk-full" : "disk-room",
    verdict: isShort ? "attention" : "good",
    says: isShort
      ? `its disk is full: ${sizeInWords(space.free)} free, and ${sizeInWords(kept)} are kept free`
      : `${sizeInWords(space.free)} free`,
    remedy: isShort ? "Free some space on it; Cairn goes on by itself within a minute." : "",
    facts: { isHome, freeBytes: space.free, totalBytes: space.total, keptFreeBytes: kept },
  }];
}

function writeFindings(
  host: HostFacts,
  { path, isHome, isWritten }: DiskPlace,
  test: DiskTried | undefined,
  isRunning: boolean,
): Finding[] {
  const base = { check: "disk", subject: path } as const;
  if (test === undefined) {
    if (isRunning || !isWritten) return [];
    const may = host.may(path, "write");
    return [{
      ...base,
      code: may ? "disk-untried" : "disk-unwritable",
      verdict: may ? "note" : "attention",
      says: may
        ? "it may be written; whether writes are durable is tried while the device runs"
        : "this user cannot write there: its disk is mounted for reading only, or its permissions forbid it",
      remedy: may ? "" : "Mount it for writing, or give this user the permission (chown, chmod).",
      facts: { isHome },
    }];
  }
  if (test.failure !== null) {
    return [{
      ...base,
      code: "disk-refuses",
      verdict: "attention",
      says: `a small file cannot be written durably and read again: ${test.failure}`,
      remedy: "Mend the disk or its permissions. Until then nothing is received there.",
      facts: { isHome, tookMs: test.tookMs },
    }];
  }
  const isSlow = test.tookMs > SLOW_MS;
  const took = `a small file was written durably, read again and removed in ${formatSpan(test.tookMs)}`;
  const out: Finding[] = [{
    ...base,
    code: isSlow ? "disk-slow" : "disk-durable",
    verdict: isSlow ? "note" : "good",
    says: took,
    remedy: isSlow ? "A disk at rest, or a busy one? If it stays so slow, each change waits for it." : "",
    facts: { isHome, tookMs: test.tookMs },
  }];
  if (test.foldsCase === true) {
    out.push({
      ...base,
      code: "disk-folds-case",
      verdict: "note",
      says: "names that differ by case only are one name there",
      remedy: "Of such names one is placed here; the others are listed by cairn status.",
      facts: { isHome },
    });
  }
  return out;
}
