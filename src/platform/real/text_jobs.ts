/** What the text worker is asked, and what it answers. */
import type { TextKind } from "../../core/text_kinds.ts";
import type { ReadText } from "../../core/text_record.ts";

export type TextJob =
  | { readonly do: "read"; readonly path: string; readonly kind: TextKind }
  | { readonly do: "checkpoint"; readonly database: string };

/** Null: nothing can be said now. */
export type TextAnswer = ReadText | null;
