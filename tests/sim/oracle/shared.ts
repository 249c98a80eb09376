/** What people have agreed on is the same on all devices in the end: tags, notes, policies. */
import { NOTE, TAG } from "../../../src/catalogue/values.ts";
import type { Lsn } from "../../../src/core/ids.ts";
import { POLICY } from "../../../src/library/policies.ts";
import type { SimDevice } from "../world/device.ts";

const KINDS = [TAG, NOTE, POLICY];

/** Where devices differ; empty when they do not. Their counts have to be those of what they have. */
export function sharedDifferences(devices: readonly SimDevice[]): string[] {
  const [first, ...others] = devices.map(sharedOf);
  return others.flatMap((other, i) => {
    const paths = new Set([...first!.keys(), ...other.keys()]);
    return [...paths].filter((path) => first!.get(path) !== other.get(path)).map((path) =>
      `${path}: a has ${first!.get(path)}, ${devices[i + 1]!.name} has ${other.get(path)}`
    );
  });
}

function sharedOf({ name, device }: SimDevice): Map<string, string> {
  const { values, labels } = device!.ledger.catalogue;
  const fields = values.sharedAfter(0 as Lsn).fields.map(({ field }) => field)
    .filter(({ kind }) => KINDS.includes(kind));
  const counts = new Map<string, number>();
  for (const { kind, field, value } of fields) {
    if (kind === TAG && value === true) counts.set(field, (counts.get(field) ?? 0) + 1);
  }
  const said = JSON.stringify(labels.tags().map(({ tag, count }) => [tag, count]));
  const counted = JSON.stringify([...counts].sort(([a], [b]) => a < b ? -1 : 1));
  if (said !== counted) throw new Error(`${name} counts its tags as ${said}, and has ${counted}`);
  return new Map(
    fields.map(({ kind, key, field, value, stamp, writer }) => [
      `${kind} ${key} ${field}`,
      JSON.stringify([value, stamp, writer.slice(0, 8)]),
    ]),
  );
}
