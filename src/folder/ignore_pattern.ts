/**
 * One line of `.cairnignore`, in gitignore's syntax (R18). It comes from whoever may write into the folder, other devices among them, so what it
 * costs must not depend on how it is written (invariant 10): no regular expressions, which can be made to run for hours, but two
 * matchers that go back to the last `*`, or the last `**`, and never further.
 */

/** A name of a pattern: as it stands, or in tokens; or `**`, any number of names. */
type Part = string | readonly Token[] | typeof ANY_NAMES;
type Token = number | typeof ANY | typeof ANY_RUN | Class;

interface Class {
  readonly negated: boolean;
  readonly ranges: readonly (readonly [first: number, last: number])[];
}

const ANY_NAMES = Symbol("**");
const ANY = Symbol("?");
const ANY_RUN = Symbol("*");

export interface IgnorePattern {
  /** What matches is not ignored after all. */
  readonly isNegated: boolean;
  readonly onlyDirectories: boolean;
  /** Whether it speaks of names at any depth. */
  readonly anyDepth: boolean;
  readonly parts: readonly Part[];
}

/** A name of a path; its characters are taken apart once, and only when a pattern wants them so. */
export class Name {
  #points: readonly number[] | null = null;

  constructor(readonly text: string) {}

  get points(): readonly number[] {
    return this.#points ??= pointsOf(this.text);
  }
}

function pointsOf(text: string): number[] {
  return Array.from(text, (char) => char.codePointAt(0)!);
}

/** The pattern of a line; null for a comment, an empty line, and one that can match nothing. */
export function readPattern(line: string): IgnorePattern | null {
  let text = withoutTrailingBlanks(line);
  if (text === "" || text.startsWith("#")) return null;
  const isNegated = text.startsWith("!");
  if (isNegated) text = text.slice(1);
  const onlyDirectories = text.endsWith("/");
  if (onlyDirectories) text = text.replace(/\/+$/, "");
  const anyDepth = !text.includes("/");
  if (text.startsWith("/")) text = text.slice(1);
  if (text === "") return null;
  const parts: Part[] = [];
  for (const name of text.split("/")) {
    const part = name === "**" ? ANY_NAMES : partOf(name);
    if (part === null) return null;
    // Two in a row say the same as one.
    if (part !== ANY_NAMES || parts.at(-1) !== ANY_NAMES) parts.push(part);
  }
  return { isNegated, onlyDirectories, anyDepth, parts };
}

function withoutTrailingBlanks(line: string): string {
  let end = line.length;
  while (end > 0 && line[end - 1] === " " && line[end - 2] !== "\\") end--;
  return line.slice(0, end);
}

/** Null when the name can match nothing: empty, a class that does not end, a backslash at the end. */
function partOf(name: string): Part | null {
  if (name === "") return null;
  if (!/[\\*?[]/.test(name)) return name;
  const points = pointsOf(name);
  const tokens: Token[] = [];
  for (let i = 0; i < points.length; i++) {
    const char = String.fromCodePoint(points[i]!);
    if (char === "\\") {
      if (++i >= points.length) return null;
      tokens.push(points[i]!);
    } else if (char === "?") tokens.push(ANY);
    else if (char === "*") {
      if (tokens.at(-1) !== ANY_RUN) tokens.push(ANY_RUN);
    } else if (char === "[") {
      const end = readClass(points, i + 1, tokens);
      if (end === null) return null;
      i = end;
    } else tokens.push(points[i]!);
  }
  return tokens;
}

/** Reads a class that begins at `at`, behind its bracket. Where its closing bracket stands; null when it has none. */
function readClass(points: readonly number[], at: number, tokens: Token[]): number | null {
  const is = (index: number, char: string) => points[index] === char.codePointAt(0);
  const negated = is(at, "!") || is(at, "^");
  const start = negated ? at + 1 : at;
  const ranges: [number, number][] = [];
  // A closing bracket that comes first is one of the characters.
  for (let i = start; i < points.length; i++) {
    if (is(i, "]") && i > start) {
      tokens.push({ negated, ranges });
      return i;
    }
    if (is(i, "\\")) i++;
    const first = points[i];
    if (first === undefined) return null;
    let last = first;
    if (is(i + 1, "-") && i + 2 < points.length && !is(i + 2, "]")) {
      i += is(i + 2, "\\") ? 3 : 2;
      last = points[i] ?? first;
    }
    ranges.push([first, last]);
  }
  return null;
}

/** Whether the pattern matches the path of these names, the last of which is a directory or not. */
export function matches(pattern: IgnorePattern, names: readonly Name[], isDirectory: boolean): boolean {
  if (pattern.onlyDirectories && !isDirectory) return false;
  const { parts } = pattern;
  if (pattern.anyDepth) return parts[0] === ANY_NAMES || matchesName(parts[0]!, names.at(-1)!);
  let name = 0;
  let part = 0;
  /** Where the last `**` stands, and the name up to which it reaches at present. */
  let [run, reach] = [-1, 0];
  while (name < names.length) {
    if (parts[part] === ANY_NAMES) {
      // At the end it wants one name at least: a directory is not in itself.
      if (part === parts.length - 1) return true;
      [run, reach] = [part++, name];
    } else if (part < parts.length && matchesName(parts[part]!, names[name]!)) {
      part++;
      name++;
    } else if (run >= 0) {
      part = run + 1;
      name = ++reach;
    } else return false;
  }
  return part === parts.length;
}

function matchesName(part: Part, name: Name): boolean {
  if (part === ANY_NAMES) return true;
  if (typeof part === "string") return part === name.text;
  const { points } = name;
  let at = 0;
  let token = 0;
  let [run, reach] = [-1, 0];
  while (at < points.length) {
    if (part[token] === ANY_RUN) [run, reach] = [token++, at];
    else if (token < part.length && matchesPoint(part[token]!, points[at]!)) {
      token++;
      at++;
    } else if (run >= 0) {
      token = run + 1;
      at = ++reach;
    } else return false;
  }
  while (part[token] === ANY_RUN) token++;
  return token === part.length;
}

function matchesPoint(token: Token, point: number): boolean {
  if (typeof token === "number") return token === point;
  if (typeof token === "symbol") return true;
  return token.ranges.some(([first, last]) => point >= first && point <= last) !== token.negated;
}
