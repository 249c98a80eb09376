/** Test files as processes, some at a time. What one says is printed in one piece when it is over. */
import { type Summary, summaryIn } from "./summary.ts";

export interface Done {
  readonly file: string;
  /** Null where it ended without one. */
  readonly summary: Summary | null;
  readonly isGood: boolean;
  readonly words: Uint8Array;
}

export interface RunOptions {
  readonly jobs: number;
  /** For `deno test`. */
  readonly options: readonly string[];
  print(words: Uint8Array): void;
}

/** Types are checked before, all at once (`deno task check`). */
export async function runAll(
  files: readonly string[],
  { jobs, options, print }: RunOptions,
): Promise<Done[]> {
  const left = [...files];
  const done: Done[] = [];
  const work = async () => {
    for (let file = left.shift(); file !== undefined; file = left.shift()) {
      const one = await runFile(file, options);
      print(one.words);
      done.push(one);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return done;
}

async function runFile(file: string, options: readonly string[]): Promise<Done> {
  const args = ["test", "-A", "--no-check", ...options, file];
  const child = new Deno.Command(Deno.execPath(), { args, stdin: "null", stdout: "piped", stderr: "piped" })
    .spawn();
  const pieces: Uint8Array[] = [];
  const gather = async (stream: ReadableStream<Uint8Array>) => {
    for await (const piece of stream) pieces.push(piece);
  };
  const [{ success }] = await Promise.all([child.status, gather(child.stdout), gather(child.stderr)]);
  const words = new Uint8Array(await new Blob(pieces as Uint8Array<ArrayBuffer>[]).arrayBuffer());
  const summary = summaryIn(new TextDecoder().decode(words));
  return { file, summary, words, isGood: success && summary !== null && summary.failed === 0 };
}
