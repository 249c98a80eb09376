/**
 * A root that was put back from a backup shows what was there then: what is missing and what is different in it is no work of anybody's
 * (invariant 8). It halts the replica, and nothing of it is recorded until a person has said what it is: what is meant (*accept*), or not
 * (*reject*). Then all of it is put aside, and what the others have comes in its place: nothing here can tell what of it is older, what was
 * deleted since, and what nobody else has.
 */
import { CairnError } from "../core/errors.ts";
import { isReserved, ROOT } from "../core/path.ts";
import { type Fs, FsError } from "../platform/ports.ts";
import { openMode } from "./directory_modes.ts";
import type { Replica } from "./replica.ts";

/** Nothing of what is in the root is believed. */
export function isOlder({ brake: { halt } }: Replica): boolean {
  return halt?.kind === "older";
}

/**
 * Moves everything in the root into a directory of its own in `.cairn`, durably, and answers that. Throws CairnError "path-unusable" where
 * another disk is mounted in the folder, or where the disk refuses: then all is back where it was, so that nothing counts as missing.
 */
export async function putAside(replica: Replica): Promise<string> {
  const { deps: { fs, clock }, root, layout } = replica;
  refuseInnerDisks(replica);
  const aside = freeName(
    fs,
    `${layout.own}/put-back-${new Date(clock.now()).toISOString().slice(0, 19).replaceAll(":", "-")}`,
  );
  fs.makeDirectories(aside);
  const pin = fs.pin(root, ROOT);
  const moved: string[] = [];
  try {
    for (const { name } of fs.list(pin.self)) {
      if (isReserved(name)) continue;
      try {
        move(fs, pin.at(name), `${aside}/${name}`);
        moved.push(name);
      } catch (error) {
        if (!(error instanceof FsError)) throw error;
        for (const one of moved) move(fs, `${aside}/${one}`, pin.at(one));
        throw refusal(name, error);
      }
    }
    await fs.syncDirectory(aside);
    await fs.syncDirectory(pin.self);
  } finally {
    pin.close();
  }
  await fs.syncDirectory(layout.own);
  return aside;
}

function refuseInnerDisks({ deps: { fs }, root, rootDev, catalogue, number }: Replica): void {
  for (const directory of catalogue.mounts.all(number)) {
    const dev = fs.lstat(`${root}/${directory}/.`)?.dev ?? rootDev;
    if (dev === rootDev) continue;
    throw new CairnError(
      "path-unusable",
      `Another disk is mounted at ${directory} in this folder, and would be put aside with it`,
      "Unmount it, say this again, and mount it when the folder is up to date.",
    );
  }
}

function refusal(name: string, { code }: FsError): CairnError {
  return new CairnError(
    "path-unusable",
    `${name} cannot be put aside (${code}), so nothing was`,
    "Make it writable and say this again.",
  );
}

function freeName(fs: Fs, wanted: string): string {
  let name = wanted;
  for (let i = 2; fs.lstat(name) !== null; i++) name = `${wanted}-${i}`;
  return name;
}

function move(fs: Fs, from: string, to: string): void {
  const stat = fs.lstat(from);
  if (stat === null) return;
  // A directory can only be moved by who may write into it.
  const isOpened = stat.kind === "directory" && openMode(stat.mode) !== stat.mode;
  if (isOpened) fs.chmod(from, openMode(stat.mode));
  fs.rename(from, to);
  if (isOpened) fs.chmod(to, stat.mode);
}
