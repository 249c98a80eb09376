/**
 * Source text with its comments and the insides of its strings blanked out, every other character in its place: so
 * that a search finds code only, at the line where it stands.
 */

/** Words after which a slash begins a regular expression and not a division. */
const BEFORE_REGEX =
  /(?:^|[^\w$.])(?:return|typeof|case|in|of|do|else|void|delete|throw|new|instanceof|await|yield)$/;

/** Same length, same line breaks. Quotes stay, so that the place of a string can be found. */
export function maskSource(source: string): string {
  const out = Array.from({ length: source.length }, (_, i) => source[i]!);
  /** Braces open inside each `${` of the template literals we are in. */
  const templateDepths: number[] = [];
  let i = 0;
  while (i < source.length) {
    const two = source.slice(i, i + 2);
    if (two === "//") i = blank(out, i, endOfLine(source, i));
    else if (two === "/*") i = blank(out, i, after(source, "*/", i + 2));
    else if (source[i] === '"' || source[i] === "'") i = blankString(source, out, i);
    else if (source[i] === "`") i = blankTemplate(source, out, i, templateDepths);
    else if (source[i] === "/" && startsRegex(out, i)) i = blankRegex(source, out, i);
    else if (source[i] === "{" && templateDepths.length > 0) {
      templateDepths[templateDepths.length - 1]!++;
      i++;
    } else if (source[i] === "}" && templateDepths.length > 0) {
      const depth = templateDepths.pop()!;
      // The brace that closes `${`: the template's text goes on.
      if (depth === 0) i = blankTemplate(source, out, i, templateDepths);
      else {
        templateDepths.push(depth - 1);
        i++;
      }
    } else i++;
  }
  return out.join("");
}

function blank(out: string[], from: number, to: number): number {
  for (let i = from; i < to; i++) if (out[i] !== "\n") out[i] = " ";
  return to;
}

function blankString(source: string, out: string[], start: number): number {
  let i = start + 1;
  while (i < source.length && source[i] !== source[start] && source[i] !== "\n") {
    i += source[i] === "\\" ? 2 : 1;
  }
  blank(out, start + 1, Math.min(i, source.length));
  return i + 1;
}

/** `start` stands on the opening backtick, or on the brace that closes an expression inside. */
function blankTemplate(source: string, out: string[], start: number, depths: number[]): number {
  let i = start + 1;
  while (i < source.length && source[i] !== "`") {
    if (source[i] === "$" && source[i + 1] === "{") {
      blank(out, start + 1, i);
      depths.push(0);
      return i + 2;
    }
    i += source[i] === "\\" ? 2 : 1;
  }
  blank(out, start + 1, Math.min(i, source.length));
  return i + 1;
}

function startsRegex(out: readonly string[], slash: number): boolean {
  let i = slash - 1;
  while (i >= 0 && /\s/.test(out[i]!)) i--;
  if (i < 0) return true;
  if (/[([{,;:=!&|?+\-*%~^<>]/.test(out[i]!)) return true;
  return BEFORE_REGEX.test(out.slice(Math.max(0, i - 15), i + 1).join(""));
}

function blankRegex(source: string, out: string[], start: number): number {
  let inClass = false;
  let i = start + 1;
  for (; i < source.length && source[i] !== "\n"; i++) {
    if (source[i] === "\\") i++;
    else if (source[i] === "[") inClass = true;
    else if (source[i] === "]") inClass = false;
    else if (source[i] === "/" && !inClass) break;
  }
  blank(out, start + 1, Math.min(i, source.length));
  return i + 1;
}

function endOfLine(source: string, from: number): number {
  const end = source.indexOf("\n", from);
  return end < 0 ? source.length : end;
}

function after(source: string, text: string, from: number): number {
  const at = source.indexOf(text, from);
  return at < 0 ? source.length : at + text.length;
}
