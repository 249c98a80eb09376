/** Kept versions as a store's index would tell them. */
import { type Kept, keptName } from "../../src/core/kept.ts";
import { contentOf, deviceOf, pathOf } from "./entries.ts";

export function keptOf(over: Partial<Kept> & { readonly text?: string } = {}): Kept {
  const { text = "text", ...parts } = over;
  const path = parts.path ?? pathOf("d/notes.txt");
  const keptMs = parts.keptMs ?? 2_000;
  return {
    file: keptName(path, keptMs, 1),
    path,
    kind: "file",
    size: text.length,
    mtimeMs: 1_000.5,
    mode: 0o644,
    content: contentOf(text),
    target: null,
    sinceMs: 1_000,
    keptMs,
    why: "replaced",
    by: deviceOf(2),
    lost: null,
    ...parts,
  };
}
