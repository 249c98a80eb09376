/**
 * Which disk a path lies on, as Linux tells it: the whole disk behind partitions and mappings of one disk, so that two folders on it are known
 * for one place; and whether its file system has met errors. Elsewhere nobody tells.
 */
import { dirname } from "node:path";
import type { DiskIdentity } from "../ports.ts";

/** How the kernel's own files are read. Null: there is none, or nobody may. */
export interface Kernel {
  text(path: string): string | null;
  /** Where a path really is. */
  real(path: string): string | null;
  list(path: string): readonly string[];
}

/** Mappings upon mappings end somewhere. */
const DEPTH = 8;

export function realKernel(): Kernel {
  const orNull = <T>(read: () => T): T | null => {
    try {
      return read();
    } catch {
      return null;
    }
  };
  return {
    text: (path) => orNull(() => Deno.readTextFileSync(path)),
    real: (path) => orNull(() => Deno.realPathSync(path)),
    list: (path) => orNull(() => [...Deno.readDirSync(path)].map(({ name }) => name)) ?? [],
  };
}

/** The disk of an absolute path; null where the kernel does not tell. */
export function diskOf(kernel: Kernel, path: string): DiskIdentity | null {
  const mount = mountOf(kernel, path);
  if (mount === null) return null;
  const { device, source, type } = mount;
  // What lies on another computer is one place, however often it is mounted.
  if (/^(nfs|cifs|smb|fuse\.sshfs|9p)/.test(type)) return { id: `net ${source}`, isFailing: false };
  const name = source.startsWith("/dev/") ? (kernel.real(source) ?? source).split("/").at(-1)! : null;
  const block = (name === null ? null : kernel.real(`/sys/class/block/${name}`)) ??
    kernel.real(`/sys/dev/block/${device}`);
  if (block === null) return null;
  const errors = name === null ? null : kernel.text(`/sys/fs/ext4/${name}/errors_count`);
  const whole = wholeDisk(kernel, block);
  const degraded = kernel.text(`${whole}/md/degraded`);
  const id = ["wwid", "device/wwid", "dm/uuid", "md/uuid", "device/serial"].map((one) =>
    kernel.text(`${whole}/${one}`)?.trim()
  )
    .find((one) => one !== undefined && one !== "");
  if (id === undefined) return null;
  return { id, isFailing: Number(errors?.trim() ?? 0) > 0 || Number(degraded?.trim() ?? 0) > 0 };
}

/** The disk of which this is a part, or which is mapped whole; of several it stays itself. */
function wholeDisk(kernel: Kernel, block: string): string {
  let at = block;
  for (let depth = 0; depth < DEPTH; depth++) {
    const below = kernel.list(`${at}/slaves`);
    const next = kernel.text(`${at}/partition`) !== null
      ? dirname(at)
      : below.length === 1
      ? kernel.real(`${at}/slaves/${below[0]}`)
      : null;
    if (next === null) return at;
    at = next;
  }
  return at;
}

/** What is mounted where a path is: of the mount points above it the longest, and of equal ones the last. */
function mountOf(kernel: Kernel, path: string): { device: string; source: string; type: string } | null {
  let found: { point: string; device: string; source: string; type: string } | null = null;
  for (const line of kernel.text("/proc/self/mountinfo")?.split("\n") ?? []) {
    const [head, tail] = line.split(" - ");
    const [, , device, , escaped] = head!.split(" ");
    const [type, source] = tail?.split(" ") ?? [];
    if (device === undefined || escaped === undefined || type === undefined || source === undefined) continue;
    const point = unescaped(escaped);
    const isAbove = path === point || path.startsWith(point === "/" ? "/" : `${point}/`);
    if (isAbove && point.length >= (found?.point.length ?? 0)) {
      found = { point, device, source: unescaped(source), type };
    }
  }
  return found;
}

/** Spaces and the like stand as octal numbers in it. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
}
