/**
 * What a device says of contents that its disk has damaged: the fact `damaged/FOLDER`, [[content: bin33, paths], …], at how many paths of its
 * replica each is damaged. Of other devices it is what they say, checked for its form.
 */
import { type ContentId, type FolderId, fromHex, idOf, isId } from "./ids.ts";
import { DAMAGES } from "./limits.ts";

export const DAMAGED = "damaged/";

/** At how many paths each content is damaged; null for a fact of something else. What is malformed says nothing. */
export function damagedBy(
  key: string,
  value: unknown,
): { readonly folder: FolderId; readonly paths: ReadonlyMap<ContentId, number> } | null {
  const folder = key.slice(DAMAGED.length);
  if (!key.startsWith(DAMAGED) || !isId("folder", folder)) return null;
  const said = Array.isArray(value) ? value.slice(0, DAMAGES).flatMap(readOne) : [];
  return { folder, paths: new Map(said) };
}

function readOne(value: unknown): [ContentId, number][] {
  const [bytes, paths] = Array.isArray(value) ? value : [];
  const content = bytes instanceof Uint8Array ? idOf("content", bytes) : null;
  return content !== null && Number.isSafeInteger(paths) && paths > 0 ? [[content, paths]] : [];
}

/** The fact's value; the same for the same contents. Null where there is nothing to be said. */
export function damagedValue(contents: readonly ContentId[]): [Uint8Array, number][] | null {
  const paths = new Map<ContentId, number>();
  for (const content of [...contents].sort()) paths.set(content, (paths.get(content) ?? 0) + 1);
  return paths.size === 0
    ? null
    : [...paths].slice(0, DAMAGES).map(([content, count]) => [fromHex(content), count]);
}
