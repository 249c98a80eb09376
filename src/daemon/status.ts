/** What the device tells of itself (invariant 11): "up to date" only when it is so, and all else with cause and remedy. */
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { DeviceId } from "../core/ids.ts";
import { takesOthers, tracksNeeds } from "../core/mode.ts";
import { dayOf } from "../core/stamp.ts";
import { VERSION } from "../core/version_name.ts";
import { foldersOf, replicasOf } from "../library/folders.ts";
import { libraryOf } from "../library/joining.ts";
import { membershipOf, membersOf } from "../library/members.ts";
import { COME_BACK_HINT } from "../library/refusals.ts";
import type { FolderSync } from "../sync/folder_sync.ts";
import { withoutNotes } from "../sync/troubles.ts";
import type { FolderState, FolderStatus, PeerStatus, Problem, RemovedDevice, Status } from "./api_types.ts";
import type { Device } from "./device.ts";
import type { Gauges, Rates } from "./gauges.ts";
import { modesElsewhere } from "./modes.ts";
import { isOnlyListed, ONLY_LISTED } from "./only_listed.ts";
import { damageProblems, scrubStatus } from "./verify.ts";
import { askingOf } from "./places.ts";
import { haltCause, haltRemedy, haltsElsewhere } from "./halts.ts";

const PROBLEMS = 100;
/** Of what is not to be taken. */
const NOTHING_LEFT = { count: 0, bytes: 0, blocked: 0 };

export interface StatusContext {
  readonly home: string;
  readonly name: string;
  readonly startedMs: number;
  readonly openInvites: number;
  readonly gauges: Gauges;
}

export function statusOf(device: Device, context: StatusContext): Status {
  const { ledger, identity } = device;
  const { catalogue } = ledger;
  const health = ledger.health();
  const folders = folderStatuses(device, context.gauges);
  return {
    schema: "cairn.status/1",
    version: VERSION,
    device: {
      id: identity.id,
      name: membersOf(catalogue).find((member) => member.device === identity.id)?.name ?? context.name,
      library: libraryOf(ledger) ?? "",
      home: context.home,
      port: device.links.port,
      startedMs: context.startedMs,
    },
    folders,
    foldersElsewhere: foldersElsewhere(catalogue, folders),
    peers: peerStatuses(device),
    journal: {
      lsn: ledger.lastLsn,
      epoch: ledger.epoch,
      segments: health.segments,
      bytes: health.bytes,
      healthy: health.failure === null,
      note: health.failure ?? "",
    },
    catalogue: {
      bytes: catalogue.db.size(),
      appliedLsn: catalogue.appliedLsn,
      rows: rowsOf(catalogue),
      healthy: catalogue.appliedLsn >= ledger.lastLsn,
      note: catalogue.appliedLsn >= ledger.lastLsn ? "" : "it lacks records that the journal has",
    },
    removed: removedDevices(catalogue),
    safety: context.gauges.safety.of(askingOf(device)),
    tags: catalogue.labels.tagNames(),
    openInvites: context.openInvites,
    notes: [...notesOf(device), ...membershipNotes(device)],
  };
}

function foldersElsewhere(catalogue: Catalogue, here: readonly FolderStatus[]): number {
  const ids = new Set(here.map(({ id }) => id));
  return foldersOf(catalogue).filter(({ id }) => !ids.has(id)).length;
}

function notesOf(device: Device): Problem[] {
  const { twins: { address: twin }, homeRoom } = device;
  const notes = haltsElsewhere(device);
  if (twin !== null) {
    notes.push({
      path: "",
      cause: `another device uses this device's identity at ${twin}: a cloned disk, or a copied home`,
      remedy: "Start one of the two with a home of its own (--home DIR) and pair it anew.",
    });
  }
  if (homeRoom.left() <= 0) {
    notes.push({
      path: "",
      cause: `the disk of Cairn's home is ${homeRoom.words()}; nothing is received`,
      remedy: homeRoom.remedy,
    });
  }
  return notes;
}

function removedDevices(catalogue: Catalogue): RemovedDevice[] {
  const { known, standing } = membershipOf(catalogue);
  return [...known.values()].flatMap(({ device, name }) => {
    const how = standing(device)!;
    if (how.kind !== "removed") return [];
    return [{ id: device, name, by: known.get(how.by)?.name ?? "device", whenMs: how.timeMs }];
  });
}

/** Who is out, and who waits for a word (R32). */
function membershipNotes({ ledger, identity }: Device): Problem[] {
  const { known, standing } = membershipOf(ledger.catalogue);
  const own = standing(identity.id);
  const nameOf = (device: DeviceId) => known.get(device)?.name ?? "another device";
  if (own?.kind === "removed") {
    const cause = own.by === identity.id
      ? `this device left the library on ${dayOf(own.timeMs)}`
      : `this device was removed from the library by ${nameOf(own.by)} on ${dayOf(own.timeMs)}`;
    return [{ path: "", cause: `${cause}; it goes on by itself`, remedy: COME_BACK_HINT }];
  }
  if (own?.kind === "suspended") {
    return [{
      path: "",
      cause: `${
        nameOf(own.by)
      }, which let this device in, was removed, and nobody has confirmed this one since`,
      remedy: `On another device: cairn devices confirm ${nameOf(identity.id)}`,
    }];
  }
  return [...known.values()].flatMap(({ device, name }) => {
    const how = standing(device)!;
    return how.kind !== "suspended" ? [] : [{
      path: "",
      cause: `${name} is suspended: it was let in by ${nameOf(how.by)}, which has been removed since`,
      remedy: `If it is yours: cairn devices confirm ${name}. If not: cairn devices remove ${name}`,
    }];
  });
}

/** Rows of our own living entries: what counting all of them would tell takes too long for each look. */
function rowsOf(catalogue: Catalogue): number {
  return replicasOf(catalogue).reduce((sum, { folder }) => {
    const { files, directories } = catalogue.totals(folder);
    return sum + files + directories;
  }, 0);
}

function droppedOf(sync: FolderSync | undefined): Pick<FolderStatus, "dropped"> {
  const dropped = sync?.replica.catalogue.rows.local.dropped(sync.replica.number) ?? null;
  return dropped === null || dropped.files === 0 ? {} : { dropped };
}

export function folderStatuses(device: Device, gauges: Gauges): FolderStatus[] {
  const { catalogue } = device.ledger;
  const names = new Map(foldersOf(catalogue).map(({ id, name }) => [id, name]));
  return replicasOf(catalogue).map((config) => {
    const { folder, path, mode } = config;
    const sync = device.folders.get(folder);
    const base = {
      id: folder,
      name: names.get(folder) ?? "folder",
      path,
      mode,
      localChanges: sync === undefined ? 0 : sync.modes.localChanges ?? -1,
      ...droppedOf(sync),
      differing: sync?.differs ?? 0,
      elsewhere: modesElsewhere(catalogue, device.identity.id, folder),
      ...catalogue.totals(folder),
    };
    if (sync === undefined) {
      const failure = device.folders.failures.get(folder);
      return {
        ...base,
        state: { kind: "stopped", reason: failure?.message ?? "not started", remedy: failure?.hint ?? "" },
        watching: "",
        notes: [],
        problems: [],
        problemsTotal: 0,
        conflicts: 0,
      };
    }
    const problems = problemsOf(sync, catalogue);
    const inform = [...sync.replica.troubles].filter(([, { isNote }]) => isNote === true);
    const polling = sync.watch.pollingReason;
    return {
      ...base,
      state: stateOf(device, sync, base.name, gauges.rates),
      watching: polling === null ? "events" : "polling",
      notes: [
        ...(polling === null ? [] : [pollingNote(polling)]),
        ...inform.slice(0, PROBLEMS).map(([path, { cause, remedy }]) => ({ path, cause, remedy })),
      ],
      ...problems,
      scrub: scrubStatus(sync),
      conflicts: gauges.conflicts.of(sync.replica),
    };
  });
}

function pollingNote(why: string): Problem {
  return {
    path: "",
    cause: `changes are looked for every few seconds, since ${why}`,
    remedy: "Nothing is missed, only seen later. Where watches ran out, raise fs.inotify.max_user_watches.",
  };
}

function problemsOf(
  sync: FolderSync,
  catalogue: Catalogue,
): { problems: Problem[]; problemsTotal: number } {
  const { replica: { number, troubles }, replica, inbound } = sync;
  // What differs on purpose is no problem (R9).
  const isTaking = takesOthers(replica.mode);
  const blocked = isTaking ? catalogue.needs.blocked(number, PROBLEMS) : [];
  const full = inbound.full === null ? [] : [{ path: "", ...inbound.full }];
  const waiting = [...troubles].filter(([, { isNote }]) => isNote !== true);
  const own = [
    ...full,
    ...damageProblems(sync),
    ...waiting.map(([path, { cause, remedy }]) => ({ path, cause, remedy })),
  ];
  const problems = [...own, ...blocked.map(({ path, cause, remedy }) => ({ path, cause, remedy }))];
  return {
    problems: problems.slice(0, PROBLEMS),
    problemsTotal: own.length + (isTaking ? catalogue.needs.total(number).blocked : 0),
  };
}

/** Why a folder that is done is not the same here as on the others: a person has said that it need not be (R9); null where it is the same. */
function apart(sync: FolderSync): FolderState | null {
  const { differs, modes: { localChanges } } = sync;
  const paths = (count: number) => `${count} ${count === 1 ? "path" : "paths"}`;
  if (differs > 0) {
    const reason = `${
      paths(differs)
    } differ from what the other devices have; this device only sends (cairn override)`;
    return { kind: "waiting", filesLeft: differs, reason };
  }
  if (localChanges === null) return { kind: "scanning", checked: 0, known: 0 };
  if (localChanges === 0) return null;
  const reason = `${
    paths(localChanges)
  } changed here are not given; this device only receives (cairn revert)`;
  return { kind: "waiting", filesLeft: localChanges, reason };
}

function stateOf(device: Device, sync: FolderSync, name: string, rates: Rates): FolderState {
  const { replica, outbound, inbound } = sync;
  if (replica.stopped !== null) {
    return { kind: "stopped", reason: replica.stopped.cause, remedy: replica.stopped.remedy };
  }
  const { halt } = replica.brake;
  if (halt !== null) {
    return { kind: "stopped", reason: haltCause(halt), remedy: haltRemedy(halt, name, replica.mode) };
  }
  if (outbound.scan !== null || !outbound.isReady) {
    return { kind: "scanning", checked: outbound.scan?.checked ?? 0, known: outbound.scan?.known ?? 0 };
  }
  const isTaking = takesOthers(replica.mode);
  const { pauses } = device;
  if (pauses.holdsFolder(replica.folder)) {
    const filesLeft = isTaking ? replica.catalogue.needs.total(replica.number).count : 0;
    return { kind: "paused", filesLeft, isAll: pauses.isAll };
  }
  const left = isTaking ? replica.catalogue.needs.total(replica.number) : NOTHING_LEFT;
  const isTracking = tracksNeeds(replica.mode);
  const [trouble, ...more] = withoutNotes(replica.troubles);
  const { homeRoom } = device;
  if (homeRoom.isAwaited) {
    const reason = `the disk of Cairn's home is ${homeRoom.words()}`;
    return { kind: "waiting", filesLeft: left.count, reason };
  }
  if (left.count === 0) {
    if (sync.isDone) device.gained.delete(replica.folder);
    if (!sync.isDone || (isTracking && isIndexMissing(device))) {
      return { kind: "syncing", filesDone: 0, filesTotal: 0, bytesDone: 0, bytesTotal: 0, bytesPerSecond: 0 };
    }
    if (isTracking && hasNobodyTold(device)) return { kind: "waiting", filesLeft: 0, reason: NOBODY_TOLD };
    if (isOnlyListed(replica)) return { kind: "waiting", filesLeft: 0, reason: ONLY_LISTED };
    const [damage, ...others] = damageProblems(sync);
    if (damage !== undefined) {
      return { kind: "waiting", filesLeft: 1 + others.length, reason: `${damage.path}: ${damage.cause}` };
    }
    if (trouble === undefined) return apart(sync) ?? { kind: "up-to-date" };
    return { kind: "waiting", filesLeft: 1 + more.length, reason: trouble.cause };
  }
  if (inbound.full !== null) return { kind: "waiting", filesLeft: left.count, reason: inbound.full.cause };
  if (left.count === left.blocked && inbound.isQuiet) {
    const [first] = replica.catalogue.needs.blocked(replica.number, 1);
    const own = trouble === undefined ? 0 : 1 + more.length;
    return { kind: "waiting", filesLeft: left.count + own, reason: first?.cause ?? "" };
  }
  const gained = device.gained.get(replica.folder) ?? 0;
  const { files, bytes } = inbound.done;
  return {
    kind: "syncing",
    filesDone: files,
    filesTotal: files + left.count,
    bytesDone: Math.min(Math.max(bytes, gained), bytes + left.bytes),
    bytesTotal: bytes + left.bytes,
    bytesPerSecond: rates.of(replica.folder, Math.max(bytes, gained)),
  };
}

/** A peer is connected and has not told all of its index yet: nobody knows what is missing. */
function isIndexMissing(device: Device): boolean {
  return device.links.sessions().some((session) => !device.hasIndexOf(session));
}

const NOBODY_TOLD = "no other device has told yet what it has";

/** There are others, and none of them has ever told all that it has: this device has just joined, or lost its catalogue. */
function hasNobodyTold({ ledger: { catalogue }, identity }: Device): boolean {
  const others = membersOf(catalogue).filter(({ device }) => device !== identity.id);
  return others.length > 0 && others.every(({ device }) => {
    const number = catalogue.ids.device(device);
    return catalogue.cursors.of(number).epoch === 0 || catalogue.cursors.isSweeping(number);
  });
}

function peerStatuses(device: Device): PeerStatus[] {
  const { catalogue } = device.ledger;
  const { cursors, ids } = catalogue;
  const { known, standing } = membershipOf(catalogue);
  const present = [...known.values()].filter((member) =>
    member.device !== device.identity.id && standing(member.device)!.kind !== "removed"
  );
  return present.sort((a, b) => a.device < b.device ? -1 : 1)
    .map((member) => {
      const session = device.links.session(member.device);
      const last = cursors.lastSeen(ids.device(member.device));
      const progress = device.peerProgress.get(member.device);
      return {
        id: member.device,
        name: member.name,
        standing: standing(member.device)!.kind === "suspended" ? "suspended" : "member",
        connected: session !== null,
        paused: device.pauses.holdsDevice(member.device),
        address: session?.remote ?? last.address,
        lastSeenMs: last.lastSeenMs,
        behindFiles: progress?.files ?? -1,
        behindBytes: progress?.bytes ?? -1,
        reason: session === null ? device.links.reason(member.device) : "",
      };
    });
}
