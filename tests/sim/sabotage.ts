/**
 * Daemons that break a promise, each in one place: the oracle must find them out. Nothing of this can be switched on outside of
 * tests: it wraps a device's ports, or a method of a class while the test runs.
 */
import { SELF } from "../../src/catalogue/interning.ts";
import type { DevicePorts } from "../../src/daemon/device.ts";
import type { FileHandle, Stat } from "../../src/platform/ports.ts";
import { Damages } from "../../src/sync/damages.ts";
import { Touched } from "../../src/sync/touched.ts";
import { Replica } from "../../src/sync/replica.ts";
import type { RelPath } from "../../src/core/ids.ts";
import { ROOT, type SimDevice } from "./world/device.ts";

/** No sync does anything: what is recorded and announced may be taken back (invariant 1). */
export function withoutSync(device: SimDevice): void {
  device.breakPorts = (ports) => ({
    ...ports,
    fs: {
      ...ports.fs,
      syncFile: () => Promise.resolve(),
      syncDirectory: () => Promise.resolve(),
      syncFileSystem: () => Promise.resolve(true),
      open: (path, mode) => withoutHandleSync(ports.fs.open(path, mode)),
    },
  });
}

function withoutHandleSync(file: FileHandle): FileHandle {
  return {
    read: (into, position) => file.read(into, position),
    write: (bytes, position) => file.write(bytes, position),
    truncate: (size) => file.truncate(size),
    stat: () => file.stat(),
    syncData: () => Promise.resolve(),
    close: () => file.close(),
  };
}

/**
 * The looks right before a rename see what the row expects, whatever is there (invariant 3): while a batch is placed, `lstat` answers
 * with the print that is recorded.
 */
export function withoutLook(device: SimDevice): void {
  let looksAt = "";
  device.disk.beforeCall = (call, path) => {
    if (call === "lstat") looksAt = path;
  };
  const believed = (found: Stat | null): Stat | null => {
    const replica = device.folder?.replica;
    if (found?.kind !== "file" || replica === undefined || !looksAt.startsWith(`${ROOT}/`)) return found;
    const path = looksAt.slice(ROOT.length + 1) as RelPath;
    if (!replica.placing.has(path)) return found;
    const own = replica.own(path);
    const print = own === null ? null : replica.catalogue.prints.get(own.state);
    return print === null ? found : { ...found, ...print, dev: replica.rootDev };
  };
  device.breakPorts = (ports: DevicePorts) => ({
    ...ports,
    fs: { ...ports.fs, lstat: (path) => believed(ports.fs.lstat(path)) },
  });
}

/** What is deleted is forgotten instead of being recorded as deleted. The answer mends it. */
export function withoutTombstones(): () => void {
  const { commitLocal } = Replica.prototype;
  Replica.prototype.commitLocal = async function (observations, gone, ignored) {
    await this.exclusive(() => {
      for (const { path } of gone) this.catalogue.rows.drop(SELF, this.number, path);
      return Promise.resolve();
    });
    return await commitLocal.call(this, observations, [], ignored);
  };
  return () => Replica.prototype.commitLocal = commitLocal;
}

/** What Cairn has touched itself counts as an edit where its bytes are others: damage is announced, and goes everywhere (R15). The answer mends it. */
export function withoutTouched(): () => void {
  const { isAsLeft } = Touched.prototype;
  Touched.prototype.isAsLeft = () => false;
  return () => Touched.prototype.isAsLeft = isAsLeft;
}

/** Nothing that was read again is ever found to be bad. The answer mends it. */
export function withoutDamages(): () => void {
  const { put } = Damages.prototype;
  Damages.prototype.put = () => Promise.resolve();
  return () => Damages.prototype.put = put;
}
