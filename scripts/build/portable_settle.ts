/**
 * Carried by a portable file and run once, when it has unpacked itself: verifies what was unpacked, makes it durable, gives it its
 * name, and removes what older ones have left. Arguments: the place, the name, the directory unpacked to.
 */
import { MANIFEST, type Manifest, sha256 } from "./portable_manifest.ts";

/** What nobody has started for this long goes, unless it runs still. */
const UNUSED_MS = 24 * 60 * 60 * 1000;
const UNPACKED = /^[0-9a-f]{64}$/;
const LEFT_BEHIND = /^[0-9a-f]{64}\.(?:new|old)\.\d+$/;
/** Two that start at once can be in each other's way this often. */
const TRIES = 5;

export function settle(place: string, name: string, unpacked: string, nowMs = Date.now()): void {
  verify(unpacked);
  for (const path of ["used", "complete"]) Deno.writeTextFileSync(`${unpacked}/${path}`, "");
  makeDurable(unpacked);
  moveInto(place, name, unpacked);
  syncDirectory(place);
  for (const { name: other } of [...Deno.readDirSync(place)]) {
    if (other !== name) removeUnused(place, other, nowMs);
  }
}

function verify(directory: string): void {
  for (const [path, { sha256: expected }] of Object.entries(readManifest(directory))) {
    if (sha256(Deno.readFileSync(`${directory}/${path}`)) !== expected) {
      throw new Error(`${path} was not unpacked as it was packed`);
    }
  }
}

function readManifest(directory: string): Manifest {
  return JSON.parse(Deno.readTextFileSync(`${directory}/${MANIFEST}`)) as Manifest;
}

function makeDurable(directory: string): void {
  for (const { name, isDirectory, isFile } of Deno.readDirSync(directory)) {
    const path = `${directory}/${name}`;
    if (isDirectory) makeDurable(path);
    else if (isFile) syncFile(path);
  }
  syncDirectory(directory);
}

function syncFile(path: string): void {
  using file = Deno.openSync(path, { read: true });
  file.syncSync();
}

function syncDirectory(path: string): void {
  syncFile(path);
}

/** Whoever comes first has the name. One that stands there with something missing makes way. */
function moveInto(place: string, name: string, unpacked: string): void {
  const target = `${place}/${name}`;
  for (let tries = 1;; tries++) {
    try {
      return Deno.renameSync(unpacked, target);
    } catch (error) {
      if (!exists(target) || tries === TRIES) throw error;
    }
    if (isWhole(target)) return Deno.removeSync(unpacked, { recursive: true });
    const aside = `${place}/${name}.old.${Deno.pid}`;
    try {
      Deno.renameSync(target, aside);
      Deno.removeSync(aside, { recursive: true });
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error; // somebody else did it
    }
  }
}

function isWhole(directory: string): boolean {
  try {
    Deno.statSync(`${directory}/complete`);
    return Object.entries(readManifest(directory))
      .every(([path, { size }]) => Deno.statSync(`${directory}/${path}`).size === size);
  } catch {
    return false;
  }
}

/** Older programs, and what killed starts have left. What cannot be removed stays: a later one tries again. */
function removeUnused(place: string, name: string, nowMs: number): void {
  const path = `${place}/${name}`;
  const used = `${path}/used`;
  try {
    if (LEFT_BEHIND.test(name) && isOld(path, nowMs)) return Deno.removeSync(path, { recursive: true });
    if (!UNPACKED.test(name) || !isOld(used, nowMs)) return;
    using file = Deno.openSync(used, { read: true, write: true });
    if (!file.tryLockSync(true)) return; // it runs
    const aside = `${path}.old.${Deno.pid}`;
    Deno.renameSync(path, aside);
    // Somebody may have started it since: it touches this file first.
    if (isOld(`${aside}/used`, nowMs)) Deno.removeSync(aside, { recursive: true });
    else Deno.renameSync(aside, path);
  } catch {
    // As said above.
  }
}

function isOld(path: string, nowMs: number): boolean {
  return nowMs - (Deno.statSync(path).mtime?.getTime() ?? nowMs) > UNUSED_MS;
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

if (import.meta.main) {
  const [place, name, unpacked] = Deno.args;
  try {
    settle(place!, name!, unpacked!);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    Deno.exit(1);
  }
}
