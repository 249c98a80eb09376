/**
 * How each shell is spoken to: what its word means, and how a candidate is written so that it takes it as one word. zsh and fish
 * quote by themselves and list files themselves; for bash and PowerShell that is done here.
 */
import type { Candidate } from "./candidates.ts";

export const SHELLS = ["bash", "zsh", "fish", "powershell"] as const;
export type Shell = typeof SHELLS[number];

/** The word being typed, as it is meant, and how candidates for it are written: a line for each. */
export interface TypedWord {
  readonly text: string;
  write(candidates: readonly Candidate[]): string[];
}

export function listsFiles(shell: Shell): boolean {
  return shell === "zsh" || shell === "fish";
}

/** `raw`: as it stands on the line, quotes and all, of bash and PowerShell; of the others as it is meant. */
export function typedWord(shell: Shell, raw: string, breaks: string): TypedWord {
  if (shell === "bash") return bashWord(raw, breaks);
  if (shell === "powershell") return { text: powershellText(raw), write: (all) => all.map(powershellWord) };
  return { text: raw, write: (all) => all.map(({ value, note }) => `${value}\t${note}`) };
}

/** Words before it: bash gives them raw, too. */
export function readWord(shell: Shell, raw: string): string {
  return shell === "bash" ? bashRead(raw, "").text : raw;
}

/** What ends so is the beginning of something. */
function goesOn(value: string): boolean {
  return /[/:]$/.test(value);
}

// -------------------------------------------------------------------------------- bash

interface BashRead {
  readonly text: string;
  /** The quote that is not closed; "" for none. */
  readonly quote: string;
  /** Where in `text` the part begins that readline will replace. */
  readonly from: number;
}

/**
 * Readline replaces what stands behind an open quote, else what stands behind the last of COMP_WORDBREAKS that is not quoted: of
 * `laptop:Pho` only `Pho`.
 */
function bashRead(raw: string, breaks: string): BashRead {
  let [text, quote, from] = ["", "", 0];
  for (let i = 0; i < raw.length; i++) {
    const c = raw[i]!;
    if (quote === "'") {
      if (c === "'") quote = "";
      else text += c;
    } else if (c === "\\" && i + 1 < raw.length && (quote === "" || /[$`"\\]/.test(raw[i + 1]!))) {
      text += raw[++i];
    } else if (quote !== "" && c === quote) quote = "";
    else if (quote === "" && (c === "'" || c === '"')) [quote, from] = [c, text.length];
    else {
      text += c;
      if (quote === "" && breaks.includes(c)) from = text.length;
    }
  }
  return { text, quote, from };
}

function bashWord(raw: string, breaks: string): TypedWord {
  const { text, quote, from } = bashRead(raw, breaks);
  return {
    text,
    write: (candidates) => {
      const lines = candidates.map(({ value }) => bashText(value.slice(from), quote, goesOn(value)));
      // Readline closes the quote behind the only one. Of two that differ in what follows it puts in what is the same.
      const isBegun = quote !== "" && candidates.length === 1 && goesOn(candidates[0]!.value);
      return isBegun ? [...lines, `${lines[0]} `] : lines;
    },
  };
}

/** The blank says that the word is whole; inside quotes readline closes them instead. */
function bashText(rest: string, quote: string, isBegun: boolean): string {
  if (quote === "'") return rest.replaceAll("'", `'\\''`);
  if (quote === '"') return rest.replace(/[$`"\\]/g, "\\$&");
  return rest.replace(/[\s!"#$&'()*;<>?[\\\]^`{|}]/g, "\\$&") + (isBegun ? "" : " ");
}

// -------------------------------------------------------------------------------- PowerShell

function powershellText(raw: string): string {
  const quote = /^['"]/.exec(raw)?.[0];
  if (quote === undefined) return raw.replace(/`(.)/g, "$1");
  const inside = raw.slice(1).endsWith(quote) ? raw.slice(1, -1) : raw.slice(1);
  return inside.replaceAll(quote + quote, quote);
}

function powershellWord({ value, note }: Candidate): string {
  const word = /^[\w:/.+~\u00a0-\uffff=-]+$/.test(value) ? value : `'${value.replaceAll("'", "''")}'`;
  return `${word}\t${note}`;
}
