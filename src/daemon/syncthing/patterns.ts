/**
 * Lines of `.stignore` as lines of `.cairnignore`. The two differ in this:
 *
 * 1. Of several patterns that match, Syncthing's first decides, and ours last: the lines are turned round.
 * 2. A pattern without a leading slash is one of any depth there, also with a slash in it; ours is one from the root then.
 * 3. There `**` may stand within a name, `{a,b}` are alternatives, `(?i)` leaves case alone and `(?d)` lets a delete take what is ignored.
 * 4. There something in an ignored directory may be taken back; here nothing is looked at in one.
 */
import { readPattern } from "../../folder/ignore_pattern.ts";

export interface Translated {
  /** In the order of our file. */
  readonly lines: readonly string[];
  /** What was left out, or means something else here, by its line there. */
  readonly remarks: readonly { readonly line: number; readonly text: string; readonly why: string }[];
}

interface Line {
  readonly patterns: readonly string[];
  readonly why: string | null;
}

/** Alternatives that one line may become. */
const MOST_ALTERNATIVES = 64;
const SLASHED = /[^\\]\/|^\//;

/** What Syncthing keeps in a folder for itself. */
export const SYNCTHINGS_OWN = [
  "/.stfolder",
  "/.stversions",
  "/.stignore",
  ".syncthing.*.tmp",
  "~syncthing~*.tmp",
];

export function translateIgnores(text: string): Translated {
  const remarks: { line: number; text: string; why: string }[] = [];
  const groups: (readonly string[])[] = [];
  for (const [i, raw] of text.replace(/^\ufeff/, "").split(/\r?\n/).entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("//")) continue;
    const { patterns, why } = translateLine(line);
    if (why !== null) remarks.push({ line: i + 1, text: line, why });
    if (patterns.length > 0) groups.push(patterns);
  }
  return { lines: groups.reverse().flat(), remarks };
}

function translateLine(line: string): Line {
  const refused = (why: string): Line => ({ patterns: [], why });
  if (line.startsWith("#include")) {
    return refused("other files of patterns cannot be named here: put their lines in");
  }
  if (line.startsWith("#escape")) {
    return refused("the character before a literal one is always the backslash here");
  }
  if (line.startsWith("#")) return refused("it is no pattern that is known");
  let rest = line;
  let [isNegated, anyCase, mayDelete] = [false, false, false];
  for (;;) {
    if (rest.startsWith("!") && !isNegated) [isNegated, rest] = [true, rest.slice(1)];
    else if (rest.startsWith("(?i)")) [anyCase, rest] = [true, rest.slice(4)];
    else if (rest.startsWith("(?d)")) [mayDelete, rest] = [true, rest.slice(4)];
    else break;
  }
  if (rest === "" || rest === "/") return refused("it names nothing");
  const alternatives = alternativesOf(rest);
  if (alternatives === null) return refused("its braces do not end, or name too many");
  const patterns: string[] = [];
  for (const one of alternatives) {
    const names = one.split("/");
    if (names.some((name) => name.includes("**") && name !== "**")) {
      return refused("** can only stand for whole names here");
    }
    if (anyCase && one.includes("[")) {
      return refused("a pattern for any case cannot have a class of characters here");
    }
    patterns.push(...linesOf(anyCase ? ofAnyCase(one) : one, isNegated));
  }
  if (patterns.some((pattern) => readPattern(pattern) === null)) return refused("it can match nothing here");
  const whys = [
    ...mayDelete ? ["(?d) is left out: a directory with ignored files in it is not deleted here"] : [],
    // What is named by one name, in the root, lies in no directory that could be ignored.
    ...isNegated && !/^\/[^/]+$/.test(rest)
      ? ["it holds, but takes nothing back in a directory that a line below it ignores"]
      : [],
  ];
  const why = whys.length === 0 ? null : whys.join("; ");
  return { patterns, why };
}

/** One pattern without braces. */
function linesOf(pattern: string, isNegated: boolean): string[] {
  let text = pattern;
  // With a slash at its end it means there what is in the directory, and not the directory.
  if (text.endsWith("/")) text = `${text.replace(/\/+$/, "")}/**`;
  if (!text.startsWith("/") && SLASHED.test(text) && !text.startsWith("**/")) text = `**/${text}`;
  if (!isNegated) return [text.startsWith("#") || text.startsWith("!") ? `\\${text}` : text];
  if (text.endsWith("/**")) return [`!${text}`];
  // There it takes back what is in the directory, too.
  return [`!${text}`, `!${text.startsWith("/") || text.startsWith("**/") ? text : `**/${text}`}/**`];
}

/** `a{b,c}d` as `abd` and `acd`; null where braces do not end. */
function alternativesOf(pattern: string): string[] | null {
  const start = indexOf(pattern, "{", 0);
  if (start < 0) return [pattern];
  const parts: string[] = [];
  let depth = 0;
  let from = start + 1;
  for (let i = start; i < pattern.length; i++) {
    const char = pattern[i];
    if (char === "\\") i++;
    else if (char === "{") depth++;
    else if (char === "," && depth === 1) {
      parts.push(pattern.slice(from, i));
      from = i + 1;
    } else if (char === "}" && --depth === 0) {
      parts.push(pattern.slice(from, i));
      const out: string[] = [];
      for (const part of parts) {
        const whole = alternativesOf(pattern.slice(0, start) + part + pattern.slice(i + 1));
        if (whole === null || out.length + whole.length > MOST_ALTERNATIVES) return null;
        out.push(...whole);
      }
      return out;
    }
  }
  return null;
}

function indexOf(pattern: string, wanted: string, from: number): number {
  for (let i = from; i < pattern.length; i++) {
    if (pattern[i] === "\\") i++;
    else if (pattern[i] === wanted) return i;
  }
  return -1;
}

/** `a.b` as `[aA].[bB]`. */
function ofAnyCase(pattern: string): string {
  return pattern.replace(/\\.|\p{L}/gu, (letter) => {
    const [lower, upper] = [letter.toLowerCase(), letter.toUpperCase()];
    const isPair = lower !== upper && [...lower].length === 1 && [...upper].length === 1;
    return isPair && !letter.startsWith("\\") ? `[${lower}${upper}]` : letter;
  });
}
