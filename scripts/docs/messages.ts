/**
 * The messages of the program, out of its sources: each place that makes an error says its code, what happened and what to do. What is
 * filled in at run time stands in capitals, or as dots where it has no name.
 */
import { maskSource } from "../source_mask.ts";

export interface Message {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

/** Messages of a file, in its order. What only passes on another error's words is left out. */
export function messagesIn(source: string): Message[] {
  const masked = maskSource(source);
  const found: Message[] = [];
  for (const match of masked.matchAll(/\bnew (CairnError|InvalidArgumentError)\(/g)) {
    const args = argumentsAt(source, masked, match.index + match[0].length);
    const [code, message, hint] = match[1] === "CairnError" ? args : ['"usage"', ...args];
    const codes = wordingsOf(code ?? "").filter((one) => /^[a-z-]+$/.test(one));
    for (const code of codes) {
      for (const words of wordingsOf(message ?? "")) {
        if (/[a-z]{2}/.test(words)) {
          found.push({ code, message: words, hint: wordingsOf(hint ?? "").join(" / ") });
        }
      }
    }
  }
  return found;
}

/** The texts between the parentheses that open right before `start`, cut at their commas. */
function argumentsAt(source: string, masked: string, start: number): string[] {
  const cuts = [start - 1];
  let depth = 0;
  let at = start;
  for (; depth >= 0 && at < masked.length; at++) {
    const c = masked[at]!;
    if ("([{".includes(c)) depth++;
    else if (")]}".includes(c)) depth--;
    else if (c === "," && depth === 0) cuts.push(at);
  }
  return [...cuts.slice(1), at - 1].map((end, i) => source.slice(cuts[i]! + 1, end).trim());
}

/** What an expression can say: of `a ? b : c` both. */
function wordingsOf(expression: string): string[] {
  const masked = maskSource(expression);
  let [depth, question] = [0, -1];
  for (let i = 0; i < masked.length; i++) {
    const c = masked[i]!;
    if ("([{".includes(c)) depth++;
    else if (")]}".includes(c)) depth--;
    else if (depth > 0) continue;
    else if (c === "?" && question < 0 && !/[?.]/.test(masked[i + 1] ?? "") && masked[i - 1] !== "?") {
      question = i;
    } else if (c === ":" && question >= 0) {
      return [...wordingsOf(expression.slice(question + 1, i)), ...wordingsOf(expression.slice(i + 1))];
    }
  }
  return expression.trim() === "" ? [] : [joined(expression)];
}

/** Literals as they are, all else as what it would be called. */
function joined(expression: string): string {
  const masked = maskSource(expression);
  let text = "";
  for (let i = 0; i < expression.length; i++) {
    const c = masked[i]!;
    if (c === '"' || c === "'") {
      const end = masked.indexOf(c, i + 1);
      text += unescaped(expression.slice(i + 1, end));
      i = end;
    } else if (c === "`") {
      const { words, end } = template(expression, masked, i);
      text += words;
      i = end;
    } else if (!/[\s+()]/.test(c)) {
      const end = /[+]|$/.exec(masked.slice(i))!.index + i;
      text += nameFor(expression.slice(i, end));
      i = end;
    }
  }
  return text.replace(/\s+/g, " ").trim();
}

function template(expression: string, masked: string, start: number): { words: string; end: number } {
  let words = "";
  let i = start + 1;
  while (i < expression.length && expression[i] !== "`") {
    if (expression[i] === "\\") words += expression[++i];
    else if (expression.startsWith("${", i)) {
      const from = i + 2;
      let depth = 1;
      for (i = from; depth > 0; i++) depth += masked[i] === "{" ? 1 : masked[i] === "}" ? -1 : 0;
      words += nameFor(expression.slice(from, --i));
    } else words += expression[i];
    i++;
  }
  return { words, end: i };
}

/** `${home}` is HOME, and so is `${printable(home)}`; what is reckoned out has no name. */
function nameFor(expression: string): string {
  const inner = /^(?:printable|tildePath|messageOf)\(([\w.]+)(?:, \w+)*\)$/.exec(expression.trim())?.[1] ??
    expression.trim();
  const name = /^(?:this\.|[\w]+!?\.)*#?(\w+)!?$/.exec(inner)?.[1];
  return name === undefined ? "…" : name.replace(/([a-z])([A-Z])/g, "$1-$2").toUpperCase();
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/g, (_, c: string) => c === "n" ? " " : c);
}
