/**
 * What one device may make us keep (invariant 10). A member is trusted with what stands in the folders, not with our memory: a page that
 * goes beyond these bounds is not taken.
 */
import {
  DEVICE_ROWS,
  FACT_BYTES,
  FACTS,
  FACTS_BYTES,
  LABEL_BYTES,
  RECORD_LABEL_BYTES,
  RECORD_LABELS,
  SHARED_BYTES,
  SHARED_KEYS,
  SHARED_VALUE_BYTES,
  TAG_NAMES,
} from "../core/limits.ts";
import { entriesIn } from "../core/move.ts";
import { encode } from "../core/msgpack.ts";
import type { SharedField } from "../core/record.ts";
import type { Catalogue, Page } from "./catalogue.ts";
import { isLabel, TAG } from "./values.ts";

/** Why a page is too much of its origin, or null when it is not. */
export function whatIsTooMuch(catalogue: Catalogue, page: Page): string | null {
  const device = catalogue.ids.findDevice(page.origin);
  const rows = page.folders.reduce((sum, folder) => sum + folder.rows.length, 0) +
    (page.moves ?? []).reduce((sum, { move }) => sum + entriesIn(move), 0);
  if (rows > 0 && device !== null && catalogue.rows.counts.of(device) + rows > DEVICE_ROWS) {
    return `more than ${DEVICE_ROWS} rows of one device`;
  }
  return page.facts.length === 0 ? null : tooManyFacts(catalogue, device, page);
}

function tooManyFacts({ values }: Catalogue, device: number | null, { facts }: Page): string | null {
  const sizes = device === null ? new Map<string, number>() : values.factSizes(device);
  for (const { key, value } of facts) {
    const bytes = encode(value).length;
    if (bytes > FACT_BYTES) return `a fact of more than ${FACT_BYTES} bytes`;
    sizes.set(key, key.length + bytes + 16);
  }
  if (sizes.size > FACTS) return `more than ${FACTS} facts of one device`;
  const total = [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
  return total > FACTS_BYTES ? `facts of more than ${FACTS_BYTES} bytes` : null;
}

/** Bytes that a shared field takes, as `Values.sharedBytes` counts them. */
export function sizeOfShared({ key, field, value }: SharedField): number {
  return key.length + field.length + encode(value).length + 64;
}

/**
 * Of shared fields that are news, those for which there is room. What is said of keys that are known already has a half of its own, so
 * that nobody can fill the place in which a member is removed. A field that is known takes the room by which it grows.
 */
export function withRoom(catalogue: Catalogue, fields: readonly SharedField[]): SharedField[] {
  const others = fields.filter((field) => !isLabel(field));
  const room = new Set([
    ...othersWithRoom(catalogue, others),
    ...labelsWithRoom(catalogue, fields.filter(isLabel)),
  ]);
  return fields.filter((field) => room.has(field));
}

function othersWithRoom({ values }: Catalogue, fields: readonly SharedField[]): SharedField[] {
  if (fields.length === 0) return [];
  let bytes = values.sharedBytes(false);
  /** Keys by their kind: how many there are, and those that come with these fields. */
  const known = new Map<string, { count: number; readonly fresh: Set<string> }>();
  return fields.filter((said) => {
    const { kind, key, field } = said;
    const size = sizeOfShared(said);
    if (size > SHARED_VALUE_BYTES) return false;
    const there = values.shared(kind, key, field);
    if (there !== null) {
      // Never less than none: of a field that comes twice with these, nobody knows yet which one stays.
      const growth = Math.max(0, size - sizeOfShared(there));
      if (growth > 0 && bytes + growth > SHARED_BYTES) return false;
      bytes += growth;
      return true;
    }
    const isKnown = values.isShared(kind, key);
    if (bytes + size > (isKnown ? SHARED_BYTES : SHARED_BYTES / 2)) return false;
    const keys = known.get(kind) ?? { count: values.sharedKeys(kind), fresh: new Set() };
    known.set(kind, keys);
    if (!isKnown && !keys.fresh.has(key)) {
      if (keys.count + keys.fresh.size >= SHARED_KEYS) return false;
      keys.fresh.add(key);
    }
    bytes += size;
    return true;
  });
}

/** Tags and notes have a room of their own, all of it for whoever comes first; and of tags there are so many different ones. */
function labelsWithRoom({ values, labels }: Catalogue, fields: readonly SharedField[]): SharedField[] {
  if (fields.length === 0) return [];
  let bytes = values.sharedBytes(true);
  const fresh = new Set<string>();
  const isNewName = ({ kind, field, value }: SharedField) =>
    kind === TAG && value === true && !fresh.has(field) && !labels.isTagged(field);
  return fields.filter((said) => {
    const size = sizeOfShared(said);
    const there = values.shared(said.kind, said.key, said.field);
    const growth = there === null ? size : Math.max(0, size - sizeOfShared(there));
    if (size > SHARED_VALUE_BYTES || (growth > 0 && bytes + growth > LABEL_BYTES)) return false;
    if (isNewName(said)) {
      if (labels.tagNames() + fresh.size >= TAG_NAMES) return false;
      fresh.add(said.field);
    }
    bytes += growth;
    return true;
  });
}

/** Tags and notes as they fit into records. */
export function* inRecords(labels: readonly SharedField[]): Generator<readonly SharedField[]> {
  for (let from = 0; from < labels.length;) {
    let bytes = 0;
    let end = from;
    while (end < labels.length && end - from < RECORD_LABELS && bytes <= RECORD_LABEL_BYTES) {
      bytes += sizeOfShared(labels[end++]!);
    }
    yield labels.slice(from, end);
    from = end;
  }
}
