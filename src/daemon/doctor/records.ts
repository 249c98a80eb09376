/**
 * Journal and catalogue: every checksum, every table, and whether the one goes on from the other. Read from the files, beside a running
 * device too; nothing is written to the home, and nobody is kept from it.
 */
import { Catalogue } from "../../catalogue/catalogue.ts";
import { type HowStill, openToLook, schemaOf } from "../../catalogue/inspection.ts";
import { CairnError, messageOf } from "../../core/errors.ts";
import type { DeviceId, Lsn } from "../../core/ids.ts";
import { inspectJournal, type JournalInspection } from "../../journal/inspection.ts";
import { type ReplicaConfig, replicasOf } from "../../library/folders.ts";
import type { Fs } from "../../platform/ports.ts";
import type { HostFacts } from "../../platform/real/host_facts.ts";
import type { Finding, Verdict } from "./types.ts";

const REBUILD = "Stop the device and run: cairn repair";

export interface RecordsLook {
  readonly findings: readonly Finding[];
  readonly replicas: readonly ReplicaConfig[];
  /** Directories of all folders of this device. */
  readonly directories: number;
}

export async function checkRecords(
  fs: Fs,
  host: HostFacts,
  home: string,
  self: DeviceId,
  isRunning: boolean,
): Promise<RecordsLook> {
  // The catalogue first: a device that runs has in its journal what is in its catalogue, and perhaps more.
  const catalogue = lookAtCatalogue(fs, host, home, self, isRunning);
  const dir = `${home}/journal`;
  const journal = fs.lstat(dir) === null ? null : await inspectJournal(fs, dir, isRunning);
  const findings = [...journalFindings(journal), ...catalogue.findings];
  if (journal !== null && catalogue.appliedLsn !== null) {
    findings.push(...besideFindings(journal, catalogue.appliedLsn, isRunning));
  }
  return { ...catalogue, findings };
}

function journalFindings(journal: JournalInspection | null): Finding[] {
  const base = { check: "journal", subject: "" } as const;
  if (journal === null) {
    return [{
      ...base,
      code: "journal-none",
      verdict: "attention",
      says: "the identity is there, and no journal",
      remedy:
        "Put the journal back from a backup if you have one. Else start the device: it announces everything anew.",
      facts: {},
    }];
  }
  const { troubles, segments, bytes, records } = journal;
  if (troubles.length === 0) {
    const says = `${records} records in ${segments} segments, all checksums good`;
    return [{
      ...base,
      code: "journal-good",
      verdict: "good",
      says,
      remedy: "",
      facts: { segments, bytes, records },
    }];
  }
  return troubles.map(({ code, file, says }): Finding => ({
    ...base,
    subject: file,
    code: `journal-${code}`,
    verdict: MILD.includes(code) ? "note" : "attention",
    says,
    remedy: REMEDIES[code],
    facts: { segments, bytes, records },
  }));
}

type Code = JournalInspection["troubles"][number]["code"];
const MILD: readonly Code[] = ["torn-tail", "history-damaged"];
const LOST =
  "Look after the disk (smartctl -a). The next start sets the damaged part aside and announces everything anew; files are not touched.";
const REMEDIES: Readonly<Record<Code, string>> = {
  "segment-damaged": LOST,
  "segment-missing": LOST,
  "record-unreadable": LOST,
  "snapshot-damaged": LOST,
  "history-damaged":
    "A snapshot has all that counts; only cairn log lacks some of the past. Look after the disk.",
  "torn-tail":
    "The program or the machine was stopped in the middle of a write. The next start cuts it off; nothing is lost.",
  newer: "Start the newer Cairn.",
};

interface CatalogueLook extends RecordsLook {
  readonly appliedLsn: Lsn | null;
}

function lookAtCatalogue(
  fs: Fs,
  host: HostFacts,
  home: string,
  self: DeviceId,
  isRunning: boolean,
): CatalogueLook {
  const path = `${home}/catalogue.db`;
  const before = fs.lstat(path);
  if (before === null) {
    return nothing(
      "catalogue-none",
      "attention",
      "there is none",
      "It is made anew at the next start, or now: cairn repair",
    );
  }
  const isUnclean = !isRunning && (fs.lstat(`${path}-wal`)?.size ?? 0) > 0;
  if (!isUnclean) {
    return lookIn(path, self, isRunning ? "live" : "still", () => hasChanged(fs, path, before.mtimeMs));
  }
  // What was written last stands in SQLite's log: it is looked at in a copy, where SQLite may put it together.
  const copy = host.copyAside([path, `${path}-wal`]);
  if (copy === null) {
    return nothing(
      "catalogue-unchecked",
      "note",
      "it was not closed in order, and there is no room to look at a copy",
      REBUILD,
    );
  }
  try {
    return lookIn(`${copy.dir}/catalogue.db`, self, "live", () => hasChanged(fs, path, before.mtimeMs));
  } finally {
    copy.remove();
  }
}

/** A device was started meanwhile. */
function hasChanged(fs: Fs, path: string, mtimeMs: number): boolean {
  return fs.lstat(path)?.mtimeMs !== mtimeMs;
}

function lookIn(path: string, self: DeviceId, how: HowStill, hasChanged: () => boolean): CatalogueLook {
  let catalogue: Catalogue | null = null;
  try {
    const schema = schemaOf(path, how);
    if (schema === "newer") {
      return nothing(
        "catalogue-newer",
        "attention",
        "a newer Cairn has written it",
        "Start the newer Cairn.",
      );
    }
    if (schema === "older") {
      return nothing(
        "catalogue-older",
        "note",
        "an older Cairn has written it",
        "It is brought up to date at the next start.",
      );
    }
    catalogue = new Catalogue(path, self, () => openToLook(path, how));
    const damage = catalogue.db.check();
    const replicas = replicasOf(catalogue);
    const facts = { bytes: catalogue.db.size(), appliedLsn: catalogue.appliedLsn, folders: replicas.length };
    const base = { check: "catalogue", subject: "", facts } as const;
    if (damage !== null && how === "still" && hasChanged()) return changed();
    return {
      appliedLsn: catalogue.appliedLsn,
      replicas,
      directories: replicas.reduce((sum, { folder }) => sum + catalogue!.totals(folder).directories + 1, 0),
      findings: [
        damage === null
          ? { ...base, code: "catalogue-good", verdict: "good", says: "all tables are sound", remedy: "" }
          : {
            ...base,
            code: "catalogue-damaged",
            verdict: "attention",
            says: `SQLite says: ${damage}`,
            remedy: REBUILD,
          },
      ],
    };
  } catch (error) {
    if (hasChanged() && how === "still") return changed();
    if (error instanceof CairnError && error.code === "internal") throw error;
    return nothing("catalogue-unreadable", "attention", `it cannot be read: ${messageOf(error)}`, REBUILD);
  } finally {
    catalogue?.close();
  }
}

function changed(): CatalogueLook {
  return nothing(
    "catalogue-unchecked",
    "note",
    "a device was started while it was looked at",
    "Run cairn doctor again.",
  );
}

function nothing(code: string, verdict: Verdict, says: string, remedy: string): CatalogueLook {
  const finding: Finding = { check: "catalogue", subject: "", code, verdict, says, remedy, facts: {} };
  return { findings: [finding], replicas: [], directories: 0, appliedLsn: null };
}

function besideFindings(
  { lastLsn, troubles }: JournalInspection,
  appliedLsn: Lsn,
  isRunning: boolean,
): Finding[] {
  const base = { check: "catalogue", subject: "", facts: { lastLsn, appliedLsn } } as const;
  if (appliedLsn > lastLsn && troubles.length === 0) {
    return [{
      ...base,
      code: "catalogue-ahead",
      verdict: "attention",
      says: `it holds ${
        appliedLsn - lastLsn
      } records more than the journal: the disk lost some, or an older journal was put back`,
      remedy: "The next start announces everything anew; files are not touched. Look after the disk.",
    }];
  }
  if (appliedLsn < lastLsn && !isRunning) {
    return [{
      ...base,
      code: "catalogue-behind",
      verdict: "note",
      says: `it lacks the journal's last ${lastLsn - appliedLsn} records`,
      remedy: "The next start brings it up to the journal.",
    }];
  }
  return appliedLsn > lastLsn ? [] : [{
    ...base,
    code: "catalogue-beside",
    verdict: "good",
    says: isRunning ? "it goes on from the journal" : `it ends where the journal ends, at record ${lastLsn}`,
    remedy: "",
  }];
}
