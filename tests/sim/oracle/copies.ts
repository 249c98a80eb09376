/** What each device counts of copies is what is on all disks in the end, and what its own rows say. */
import { assertCounted } from "../../support/counted_copies.ts";
import { ROOT, type SimDevice } from "../world/device.ts";
import { keyOf } from "./contents.ts";

/** Where a device counts otherwise; empty where none does. All trees are equal by now. */
export function miscounted(devices: readonly SimDevice[]): string[] {
  const onDisk = contentsOn(devices[0]!);
  return devices.flatMap(({ name, device }) => {
    const { catalogue } = device!.ledger;
    try {
      assertCounted(catalogue, name);
    } catch (error) {
      return [
        `${name} counts copies otherwise than its rows: ${error instanceof Error ? error.message : error}`,
      ];
    }
    const counted = catalogue.copies.standings.all().flatMap(({ spots, contents, bytes }) =>
      Array.from({ length: contents }, () => ({
        paths: spots.reduce((sum, spot) => sum + spot.paths, 0),
        everywhere: spots.every((spot) => spot.devices.length === devices.length),
        share: bytes / contents,
      }))
    );
    const bytes = counted.reduce((sum, one) => sum + one.share, 0);
    const words = `${counted.length} contents, ${Math.round(bytes)} bytes, at ${pathsOf(counted)} paths`;
    const expected = `${onDisk.length} contents, ${
      onDisk.reduce((sum, one) => sum + one.size, 0)
    } bytes, at ${pathsOf(onDisk)} paths`;
    const isElsewhere = counted.some(({ everywhere }) => !everywhere);
    return words === expected && !isElsewhere
      ? []
      : [`${name} counts ${words}${isElsewhere ? ", not all everywhere" : ""}; on the disks are ${expected}`];
  });
}

function pathsOf(all: readonly { readonly paths: number }[]): string {
  return all.map(({ paths }) => paths).sort((a, b) => a - b).join();
}

function contentsOn({ disk }: SimDevice): { paths: number; size: number }[] {
  const found = new Map<string, { paths: number; size: number }>();
  disk.walk(ROOT, (path, peek) => {
    if (path === ".cairn" || path.startsWith(".cairn/") || peek.kind !== "file" || peek.bytes.length === 0) {
      return;
    }
    const key = keyOf(peek)!;
    const there = found.get(key) ?? { paths: 0, size: peek.bytes.length };
    there.paths++;
    found.set(key, there);
  });
  return [...found.values()];
}
