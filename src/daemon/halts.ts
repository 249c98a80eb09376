/** Stopped and halted replicas in words, this device's and others', and a person's word on them. */
import { CairnError } from "../core/errors.ts";
import type { FolderId } from "../core/ids.ts";
import { givesOwn, type Mode, takesOthers } from "../core/mode.ts";
import { foldersOf, modeOf, replicasOf } from "../library/folders.ts";
import { membersOf } from "../library/members.ts";
import { FsError } from "../platform/ports.ts";
import { type Halt, haltOf } from "../sync/halt.ts";
import { type RootStop, rootStopOf } from "../sync/root_stop.ts";
import { heldBy, resume } from "../sync/resume.ts";
import type { Problem, ResumeAnswer, ResumeRequest } from "./api_types.ts";
import type { Device } from "./device.ts";

/** Why a replica is halted. */
export function haltCause({ kind, deletes, replaces, taken, files }: Halt): string {
  if (kind === "emptied") {
    return `its root is empty, and ${files} ${
      files === 1 ? "file was" : "files were"
    } in it; nothing counts as deleted`;
  }
  if (kind === "older") {
    return "its root is older than it was, as if put back from a backup; nothing in it counts as deleted or changed";
  }
  const what = [
    ...(deletes > 0 ? [`delete ${deletes}`] : []),
    ...(replaces > 0 ? [`replace ${replaces}`] : []),
  ].join(" and ");
  const before = taken > 0 ? `, after ${taken} within the hour before` : "";
  return `other devices' changes would ${what} of its ${files} files${before}`;
}

/** What to say to it, and what comes of it in the mode in which the device takes part (R9). */
export function haltRemedy({ kind }: Halt, folder: string, mode: Mode): string {
  const name = /^[\w.-]+$/.test(folder) ? folder : `"${folder}"`;
  if (kind !== "changes" && mode !== "sync") {
    const reject = kind === "older" ? "put what is here aside" : "take nothing for deleted";
    const rest = takesOthers(mode)
      ? " and have what the other devices have"
      : `; the other devices' files come after that with: cairn folders mode ${name} sync`;
    const accept = givesOwn(mode)
      ? "To have everywhere what is here"
      : "To go on with what is here, and change nothing elsewhere";
    return `${accept}: cairn resume ${name} --accept. To ${reject} (cairn resume ${name} --reject)${rest}.`;
  }
  if (kind === "changes" && !givesOwn(mode)) {
    return `To keep the files on this device: cairn resume ${name} --reject. To take the changes: cairn resume ${name} --accept.`;
  }
  if (kind === "older") {
    return `To put what is here aside and have what the other devices have: cairn resume ${name} --reject. To have everywhere what is here: cairn resume ${name} --accept.`;
  }
  return kind === "emptied"
    ? `To bring the files back from the other devices: cairn resume ${name} --reject. To delete them there too: cairn resume ${name} --accept.`
    : `To bring the files back on every device: cairn resume ${name} --reject. To take the changes: cairn resume ${name} --accept.`;
}

const ROOTS: Record<RootStop, string> = {
  gone: "its root is not there",
  unmarked: "its root has lost its marker",
  unusable: "its root cannot be used",
};

/** What another device says of a root of its own that is not what it was. */
export function rootStopProblem(device: string, folder: string, why: RootStop): Problem {
  return {
    path: "",
    cause: `${device} has stopped taking and sending changes of ${folder}: ${
      ROOTS[why]
    }; nothing counts as deleted`,
    remedy: "Its own `cairn status` says what to do there.",
  };
}

/** What other devices say of their stopped and halted replicas of folders that are here too: a member may have made thousands. */
export function haltsElsewhere(device: Device): Problem[] {
  const { catalogue } = device.ledger;
  const here = new Set(replicasOf(catalogue).map(({ folder }) => folder));
  const folders = foldersOf(catalogue).filter(({ id }) => here.has(id));
  return membersOf(catalogue).filter((member) => member.device !== device.identity.id).flatMap((member) => {
    const number = catalogue.ids.device(member.device);
    return folders.flatMap(({ id, name }) => {
      const stop = rootStopOf(catalogue, number, id);
      const halt = haltOf(catalogue, number, id);
      const halted = halt === null ? [] : [{
        path: "",
        cause: `${member.name} has stopped taking changes of ${name}: ${haltCause(halt)}`,
        remedy: `There: ${haltRemedy(halt, name, modeOf(catalogue, number, id) ?? "sync")}`,
      }];
      return stop === null ? halted : [rootStopProblem(member.name, name, stop), ...halted];
    });
  });
}

/** Says what is held back in a folder, and with a verdict does it. Throws CairnError when the folder is not halted. */
export async function resumeFolder(
  device: Device,
  { folder, verdict }: ResumeRequest,
): Promise<ResumeAnswer> {
  const found = folderNamed(device, folder);
  if (verdict !== null && device.pauses.holdsFolder(found.id)) {
    throw new CairnError(
      "usage",
      `"${found.name}" is paused, and nothing can be brought back or taken meanwhile`,
      `Let it go on first: cairn resume ${device.pauses.isAll ? "all" : `folder ${found.name}`}`,
    );
  }
  try {
    const isGivenUp = verdict !== null && await device.restorer.giveUp(found.id, device.identity.id);
    if (isGivenUp) await device.folders.startFailed();
    const sync = await device.folders.openForResuming(found.id, verdict !== null);
    const held = sync === null ? null : await heldBy(sync);
    if (sync === null || held === null) {
      throw new CairnError(
        "usage",
        `"${found.name}" is neither halted nor paused`,
        "See how it stands: cairn status.",
      );
    }
    const done = verdict === null
      ? { ...held, broughtBack: 0, aside: null }
      : await resume(sync, device.stager, held, verdict);
    return { folder: found, verdict, mode: sync.replica.mode, ...done };
  } catch (error) {
    if (!(error instanceof FsError)) throw error;
    throw new CairnError(
      "path-unusable",
      `${found.path} cannot be looked at (${error.code})`,
      "Mend it and say it again.",
      error,
    );
  }
}

function folderNamed(device: Device, name: string): { id: FolderId; name: string; path: string } {
  const { catalogue } = device.ledger;
  const names = new Map(foldersOf(catalogue).map((folder) => [folder.id, folder.name]));
  const here = replicasOf(catalogue).map(({ folder, path }) => ({
    id: folder,
    name: names.get(folder) ?? "folder",
    path,
  }));
  const found = here.find((folder) => folder.name === name) ??
    here.find(({ id, path }) => id === name || path === name);
  if (found !== undefined) return found;
  throw new CairnError(
    "folder-unknown",
    `There is no folder "${name}" on this device`,
    "See `cairn folders`.",
  );
}
