/**
 * A program that reads one path again and again as fast as it can, and counts what it should never see (invariant 2). Says so as one line of
 * JSON when it is told to end (SIGTERM). The content is what `wholeText` makes.
 */

export interface Readings {
  readonly reads: number;
  readonly different: number;
  readonly missing: number;
  readonly broken: string[];
}

/** A content that shows whether it is whole: its length and number at the start, then the number alone. */
export function wholeText(number: number, length: number): string {
  const word = `${number}.`;
  const head = `${length}:`;
  return (head + word.repeat(Math.ceil(length / word.length))).slice(0, length);
}

/** What is wrong with a text that `wholeText` should have made; null when nothing is. */
export function brokenness(text: string): string | null {
  const [, length, number] = /^(\d+):(\d+)\./.exec(text) ?? [];
  if (length === undefined || number === undefined) return `begins with ${JSON.stringify(text.slice(0, 20))}`;
  if (text.length !== Number(length)) return `${text.length} characters of ${length}`;
  return text === wholeText(Number(number), Number(length)) ? null : `mixed, begins with ${number}`;
}

if (import.meta.main) {
  const [path] = Deno.args;
  const seen = new Set<string>();
  const broken: string[] = [];
  let reads = 0;
  let missing = 0;
  let isOver = false;
  Deno.addSignalListener("SIGTERM", () => isOver = true);
  console.log("reading");
  while (!isOver) {
    for (let i = 0; i < 200; i++) {
      reads++;
      try {
        const text = Deno.readTextFileSync(path!);
        const wrong = brokenness(text);
        if (wrong === null) seen.add(text.slice(0, 20));
        else if (broken.length < 20) broken.push(wrong);
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
        missing++;
      }
    }
    // Lets the signal in.
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  console.log(JSON.stringify({ reads, different: seen.size, missing, broken } satisfies Readings));
  Deno.exit(0);
}
