/** The heaviest row that there can be: longest path and target, most dots, fullest context, largest numbers. */
import type { Row } from "../../src/core/entry.ts";
import type { ActorId } from "../../src/core/ids.ts";
import {
  NAME_BYTES,
  PATH_BYTES,
  SYMLINK_TARGET_BYTES,
  VERSION_ACTORS,
  VERSION_DOTS,
} from "../../src/core/limits.ts";
import { deviceOf, entryOf, rowOf, stampOf } from "./entries.ts";

const LAST = Number.MAX_SAFE_INTEGER;

/** `i` makes it another path, with actors of its own. */
export function heaviestRow(i: number): Row {
  const head = String(i).padStart(8, "0");
  const actor = (k: number) => (head + k.toString(16).padStart(8, "0")) as ActorId;
  let path = head;
  while (path.length + NAME_BYTES + 1 <= PATH_BYTES) path += `/${"p".repeat(NAME_BYTES)}`;
  const seen = Array.from({ length: VERSION_ACTORS }, (_, k) => ({ actor: actor(k), counter: LAST }));
  const entry = entryOf({
    kind: "symlink",
    text: "t".repeat(SYMLINK_TARGET_BYTES),
    dots: seen.slice(0, VERSION_DOTS),
    seen,
    stamp: LAST,
    metaStamp: LAST,
  });
  return rowOf(path, { ...entry, writer: deviceOf(i % 200), stamp: stampOf(LAST) });
}
