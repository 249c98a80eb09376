/** What may happen to a device's home while its daemon does not run. */
import type { SimDevice } from "../world/device.ts";
import { HOME } from "../world/device.ts";
import type { DeviceStep } from "./step.ts";

export interface HomeCopy {
  readonly files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
  readonly catalogue: Uint8Array<ArrayBuffer> | null;
}

const JOURNAL = `${HOME}/journal`;

/** Changes the home, or copies it. False when nothing about what the device knows has changed. */
export function changeHome(
  device: SimDevice,
  step: DeviceStep & { do: "home" | "back-up" },
  copies: Map<number, HomeCopy>,
): boolean {
  const { catalogue } = device;
  if (step.do === "back-up") {
    copies.set(device.index, { files: journalFiles(device), catalogue: catalogue.copy() });
    return false;
  }
  switch (step.what) {
    case "delete-catalogue":
      catalogue.restore(null);
      return true;
    case "damage-catalogue":
      catalogue.damage("header");
      return true;
    case "zero-catalogue":
      // Looked for only behind an unclean stop.
      catalogue.damage(step.killed ? "page" : "header");
      return true;
    case "cut-journal":
      return cutLast(device, step.at);
    case "damage-journal":
      return damageMiddle(device, step.at);
    case "delete-journal":
      for (const name of device.disk.user.list(JOURNAL)) device.disk.user.rm(`${JOURNAL}/${name}`);
      return true;
    case "put-back":
      return putBack(device, copies.get(device.index));
  }
}

function journalFiles({ disk }: SimDevice): Map<string, Uint8Array<ArrayBuffer>> {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  if (disk.peek(JOURNAL) === null) return files;
  for (const name of disk.user.list(JOURNAL)) files.set(name, disk.user.read(`${JOURNAL}/${name}`)!);
  return files;
}

function lastSegment(device: SimDevice): string | null {
  return [...journalFiles(device).keys()].filter((name) => name.endsWith(".seg")).sort().at(-1) ?? null;
}

function cutLast(device: SimDevice, at: number): boolean {
  const name = lastSegment(device);
  if (name === null) return false;
  const path = `${JOURNAL}/${name}`;
  const { size } = device.disk.peek(path)!;
  device.disk.user.truncate(path, Math.floor(size * at));
  return true;
}

function damageMiddle(device: SimDevice, at: number): boolean {
  const name = lastSegment(device);
  if (name === null) return false;
  const path = `${JOURNAL}/${name}`;
  const bytes = device.disk.user.read(path)!;
  if (bytes.length === 0) return false;
  const where = Math.floor((bytes.length - 1) * at);
  device.disk.user.writeAt(path, new Uint8Array([bytes[where]! ^ 0x55]), where);
  return true;
}

function putBack(device: SimDevice, copy: HomeCopy | undefined): boolean {
  if (copy === undefined) return false;
  // Who puts something back makes room for it.
  device.disk.setCapacity("/", Infinity);
  const { user } = device.disk;
  for (const name of user.list(JOURNAL)) user.rm(`${JOURNAL}/${name}`);
  for (const [name, bytes] of copy.files) user.writeFile(`${JOURNAL}/${name}`, bytes.slice());
  device.catalogue.restore(copy.catalogue);
  return true;
}
