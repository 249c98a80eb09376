/** Which files have a text that can be found, by their names: what is read how, and how large it may be. */
import { TEXT_FILE_BYTES, TEXT_HTML_BYTES } from "./limits.ts";

/** Counts up when the same bytes give a better text: then they are read again. */
export const EXTRACTOR_VERSION = 1;

export type TextKind = "plain" | "html" | "pdf" | "docx" | "xlsx" | "epub";

const EXTENSIONS: ReadonlyMap<string, TextKind> = new Map([
  ...names("html", "html htm xhtml"),
  ...names("pdf", "pdf"),
  ...names("docx", "docx docm dotx"),
  ...names("xlsx", "xlsx xlsm xltx"),
  ...names("epub", "epub"),
  ...names("plain", "txt text md markdown mdx rst adoc asciidoc org tex bib log csv tsv srt vtt nfo"),
  ...names(
    "plain",
    "json jsonl json5 yaml yml toml ini cfg conf properties env xml svg plist ics vcf eml diff patch",
  ),
  ...names("plain", "ts tsx js jsx mjs cjs mts cts vue svelte css scss sass less sql graphql proto"),
  ...names(
    "plain",
    "py pyi rb php pl pm lua r jl java kt kts scala groovy clj cljs cs fs vb swift dart m mm",
  ),
  ...names(
    "plain",
    "c h cc cpp cxx hh hpp hxx rs go zig nim d v sv vhd asm s pas f f90 hs lhs ml mli elm ex exs erl",
  ),
  ...names(
    "plain",
    "sh bash zsh fish ps1 bat cmd awk sed vim el lisp scm rkt tcl mk cmake gradle tf nix dockerfile",
  ),
]);
const WHOLE_NAMES: ReadonlySet<string> = new Set(
  "readme license licence copying notice authors changelog changes contributing todo makefile dockerfile gemfile rakefile procfile"
    .split(" "),
);
/** Where these stop, the others are passed by: most of such a file are no words. */
const MOST_BYTES: Readonly<Record<TextKind, number>> = {
  plain: Infinity,
  html: TEXT_HTML_BYTES,
  pdf: TEXT_FILE_BYTES,
  docx: TEXT_FILE_BYTES,
  xlsx: TEXT_FILE_BYTES,
  epub: TEXT_FILE_BYTES,
};

/** How the file of this name is read; null for one in which no text is looked for. */
export function textKindOf(name: string): TextKind | null {
  const lower = name.toLowerCase();
  const dot = lower.lastIndexOf(".");
  if (dot <= 0) return WHOLE_NAMES.has(lower) ? "plain" : null;
  return EXTENSIONS.get(lower.slice(dot + 1)) ?? null;
}

/** Whether a file is too large to be read for its text. */
export function isTooLargeForText(kind: TextKind, size: number): boolean {
  return size > MOST_BYTES[kind];
}

function names(kind: TextKind, extensions: string): [string, TextKind][] {
  return extensions.split(" ").map((extension) => [extension, kind]);
}
