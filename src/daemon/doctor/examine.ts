/** All checks of `cairn doctor`, in the order in which they are told. */
import { CairnError } from "../../core/errors.ts";
import type { DeviceId } from "../../core/ids.ts";
import { VERSION } from "../../core/version_name.ts";
import { decodeIdentity } from "../../peer/identity.ts";
import type { Clock, Fs, Net, Random } from "../../platform/ports.ts";
import type { HostFacts } from "../../platform/real/host_facts.ts";
import type { Status } from "../api_types.ts";
import { checkBroadcast } from "./broadcast.ts";
import { checkClock } from "./clock.ts";
import { checkDisks, type DiskPlace } from "./disk.ts";
import { checkPeers } from "./peers.ts";
import { checkPermissions } from "./permissions.ts";
import { checkPort } from "./port.ts";
import { checkRecords, type RecordsLook } from "./records.ts";
import { CHECKS, type DoctorAnswer, type DoctorReport, type Finding } from "./types.ts";
import { checkWatches } from "./watches.ts";

export interface Examination {
  readonly fs: Fs;
  readonly net: Net;
  readonly clock: Clock;
  readonly random: Random;
  readonly host: HostFacts;
  readonly home: string;
  readonly beaconPort?: number;
  /** What the device that runs in the home says; null where none does. */
  readonly running: { readonly status: Status; readonly answer: DoctorAnswer } | null;
}

const SMALL_BYTES = 64 * 2 ** 10;
const NOTHING: RecordsLook = { findings: [], replicas: [], directories: 0 };

export async function examine(given: Examination): Promise<DoctorReport> {
  const { fs, host, home, running, clock } = given;
  const { status, answer } = running ?? { status: null, answer: null };
  const identity = readIdentity(fs, home);
  const self = identity instanceof CairnError ? null : identity;
  const records = self === null ? NOTHING : await checkRecords(fs, host, home, self, running !== null);
  const places: DiskPlace[] = [
    { path: home, isHome: true, isWritten: true },
    ...records.replicas.map(({ path, mode }) => ({
      path,
      isHome: false,
      isWritten: mode === "sync" || mode === "receive",
    })),
  ];
  const peers = (answer?.peers ?? []).map((peer) => ({
    ...peer,
    name: status?.peers.find(({ id }) => id === peer.id)?.name ?? "another device",
  }));
  const members = new Set(status?.peers.map(({ id }) => id) ?? []);
  const folders = status?.folders ?? [];
  const findings = [
    ...identity instanceof CairnError ? [identityFinding(identity)] : [],
    ...checkClock({ nowMs: clock.now(), journalMs: journalMs(fs, home), peers }),
    ...checkDisks(fs, host, places, answer?.disks ?? null),
    ...checkWatches(host, {
      directories: records.directories,
      folders: records.replicas.length,
      polling: folders.filter(({ watching }) => watching === "polling").length,
    }),
    ...await checkBroadcast(given, status === null ? null : status.device.id as DeviceId, members),
    ...await checkPort(given, status?.device ?? null, savedPort(fs, home)),
    ...checkPermissions(host, home, places),
    ...records.findings,
    ...status === null ? [] : [
      ...versionFindings(status.version),
      ...checkPeers(VERSION, status.peers, answer!.peers, clock.now()),
    ],
  ];
  // Each in its place, whatever was looked at first.
  findings.sort((a, b) => CHECKS.indexOf(a.check) - CHECKS.indexOf(b.check));
  return {
    schema: "cairn.doctor/1",
    version: VERSION,
    os: host.os,
    arch: host.arch,
    home,
    running: running !== null,
    attention: findings.filter(({ verdict }) => verdict === "attention").length,
    findings,
  };
}

/** Null where no device was ever started. */
function readIdentity(fs: Fs, home: string): DeviceId | null | CairnError {
  try {
    const bytes = fs.readSmall(`${home}/identity.json`, SMALL_BYTES);
    return bytes === null ? null : decodeIdentity(new TextDecoder().decode(bytes)).id;
  } catch (error) {
    if (error instanceof CairnError) return error;
    return new CairnError(
      "home-unusable",
      "This user cannot read the home",
      "Run cairn as the user who started the device.",
      error,
    );
  }
}

function identityFinding({ message, hint }: CairnError): Finding {
  return {
    check: "permissions",
    code: "identity-unreadable",
    verdict: "attention",
    subject: "identity.json",
    says: message,
    remedy: hint,
    facts: {},
  };
}

function savedPort(fs: Fs, home: string): number {
  try {
    const bytes = fs.readSmall(`${home}/settings.json`, SMALL_BYTES);
    const { port } = bytes === null ? { port: 0 } : JSON.parse(new TextDecoder().decode(bytes));
    return Number.isInteger(port) && port > 0 && port < 65536 ? port : 0;
  } catch {
    return 0; // a start says what is wrong with it
  }
}

/** When the journal was last written. */
function journalMs(fs: Fs, home: string): number | null {
  try {
    const dir = `${home}/journal`;
    const times = fs.lstat(dir) === null
      ? []
      : fs.list(dir).flatMap(({ name }) => fs.lstat(`${dir}/${name}`)?.mtimeMs ?? []);
    return times.length === 0 ? null : Math.max(...times);
  } catch {
    return null; // told by the check of the permissions
  }
}

function versionFindings(version: string): Finding[] {
  if (version === VERSION) return [];
  return [{
    check: "peers",
    code: "device-other-version",
    verdict: "note",
    subject: "",
    says: `the device that runs here is Cairn ${version}, and this program is ${VERSION}`,
    remedy: "Start the device again to run the same.",
    facts: {},
  }];
}
