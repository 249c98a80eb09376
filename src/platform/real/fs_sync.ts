/** Making things durable: directories, single files, whole file systems, and small files in one call. */
import * as fs from "node:fs";
import { FsError } from "../ports.ts";
import { fsError } from "./fs_errors.ts";
import { fdatasync, fsync, openRegular, writeFullSync } from "./fs_handle.ts";
import { libc } from "./libc.ts";

/**
 * fsync of a directory: its names and its mode are durable behind it. Windows has no such call and needs none (NTFS logs names); a file system
 * that knows no sync of directories (some network and user-space ones) answers EINVAL, and has done what it can.
 */
export async function syncDirectory(path: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  try {
    const fd = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
    try {
      await fsync(fd);
    } finally {
      fs.closeSync(fd);
    }
  } catch (error) {
    if ((error as { code?: unknown }).code !== "EINVAL") throw fsError(error, path);
  }
}

/** fsync of the regular file at `path`: its bytes, mode and times. */
export async function syncFile(path: string): Promise<void> {
  const fd = openRegular(path, "read");
  try {
    await fsync(fd);
  } catch (error) {
    throw fsError(error, path);
  } finally {
    fs.closeSync(fd);
  }
}

let asideCount = 0;

/** Writes aside in the same directory, syncs, renames over `path`, syncs the directory. */
export async function writeDurably(path: string, bytes: Uint8Array, mode = 0o644): Promise<void> {
  const slash = Math.max(path.lastIndexOf("/"), Deno.build.os === "windows" ? path.lastIndexOf("\\") : -1);
  const aside = `${path.slice(0, slash + 1)}.cairn-aside-${Deno.pid}-${++asideCount}`;
  const fd = createAside(aside, mode);
  try {
    try {
      writeFullSync(fd, bytes, 0);
      if (Deno.build.os !== "windows") fs.fchmodSync(fd, mode); // creation is subject to the umask
      await fdatasync(fd);
    } finally {
      fs.closeSync(fd);
    }
    Deno.renameSync(aside, path);
  } catch (error) {
    fs.rmSync(aside, { force: true });
    throw fsError(error, path);
  }
  await syncDirectory(slash <= 0 ? "/" : path.slice(0, slash));
}

/** A process of the same number may have died before it could rename its own. */
function createAside(aside: string, mode: number): number {
  try {
    return openRegular(aside, "create", mode);
  } catch (error) {
    if (!(error instanceof FsError) || error.code !== "exists") throw error;
    Deno.removeSync(aside);
    return openRegular(aside, "create", mode);
  }
}

let syncProgramWorks: boolean | undefined;

/**
 * One call for the whole file system that holds `path`: syncfs(2), or where the C library cannot be called `sync -f`
 * (coreutils 8.24 and later). False where the platform can neither.
 */
export async function syncFileSystem(path: string): Promise<boolean> {
  const c = libc();
  if (c === null) return await runSyncProgram(path);
  let fd: number;
  try {
    fd = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
  } catch (error) {
    throw fsError(error, path);
  }
  try {
    if (await c.syncfs(fd) === 0) return true;
    throw new FsError("io", path, new Error("syncfs failed"));
  } finally {
    fs.closeSync(fd);
  }
}

/** A `sync` that does not know `-f`, as busybox's older ones, answers with an error. */
async function runSyncProgram(path: string): Promise<boolean> {
  if (Deno.build.os !== "linux" || syncProgramWorks === false) return false;
  try {
    const command = new Deno.Command("sync", { args: ["-f", "--", path], stdout: "null", stderr: "null" });
    const { success } = await command.output();
    if (success) syncProgramWorks = true;
    else if (syncProgramWorks === undefined && fs.existsSync(path)) syncProgramWorks = false;
    return success;
  } catch {
    syncProgramWorks = false; // there is no such program
    return false;
  }
}
