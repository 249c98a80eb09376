/**
 * Talks to the local API of a Cairn device from within its host: the API listens on the host's own loopback, and a command of its own for
 * each question would cost more than what is measured. As a program it is `agent.ts HOME`: each line on standard input is an `Order`, each
 * line on standard output an `Answer`.
 */
import { type Client, connect } from "../../src/cli/client.ts";
import type { Status } from "../../src/daemon/api_types.ts";
import { linesOfStream } from "./lines.ts";

export type Order =
  | { readonly do: "status" }
  | { readonly do: "invite" }
  | { readonly do: "add"; readonly path: string; readonly indexed?: Indexed }
  | { readonly do: "ask"; readonly question: Question };

/** A folder whose contents stay where they are: a new one with this name, or the library's own of this name. */
export type Indexed = { readonly name: string } | { readonly take: string };

/** What a person asks of the catalogue. */
export type Question =
  | { readonly what: "find"; readonly text: string; readonly limit: number }
  | { readonly what: "ls" | "where"; readonly address: string }
  | { readonly what: "guard" | "dupes" };

export interface Asked {
  /** From the question to the whole answer, at the host. */
  readonly ms: number;
  readonly answer: unknown;
}

type Answer = { readonly said: unknown } | { readonly error: string };

/** One agent, kept for the whole life of its host: devices may come and go. */
export class Agent {
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #answers: AsyncGenerator<string>;
  #last: Promise<unknown> = Promise.resolve();

  /** `argv` is the command line of this program at the host. */
  constructor(argv: readonly string[]) {
    const [program, ...args] = argv;
    this.#child = new Deno.Command(program!, { args, stdin: "piped", stdout: "piped" }).spawn();
    this.#writer = this.#child.stdin.getWriter();
    this.#answers = linesOfStream(this.#child.stdout);
  }

  /** Throws when there is no device, or it refuses. */
  status(): Promise<Status> {
    return this.#ask({ do: "status" }) as Promise<Status>;
  }

  /** A code for one more device. */
  async invite(): Promise<string> {
    return (await this.#ask({ do: "invite" }) as { code: string }).code;
  }

  /** Shares a directory. */
  async add(path: string, indexed?: Indexed): Promise<void> {
    await this.#ask({ do: "add", path, ...(indexed === undefined ? {} : { indexed }) });
  }

  ask(question: Question): Promise<Asked> {
    return this.#ask({ do: "ask", question }) as Promise<Asked>;
  }

  #ask(order: Order): Promise<unknown> {
    const answer = this.#last.catch(() => {}).then(async () => {
      await this.#writer.write(new TextEncoder().encode(JSON.stringify(order) + "\n"));
      const { value, done } = await this.#answers.next();
      if (done) throw new Error("The agent has ended");
      const said = JSON.parse(value) as Answer;
      if ("error" in said) throw new Error(said.error);
      return said.said;
    });
    this.#last = answer;
    return answer;
  }

  async close(): Promise<void> {
    await this.#writer.close().catch(() => {});
    await this.#child.status;
  }
}

async function obey(home: string, order: Order): Promise<unknown> {
  const client = connect(home);
  switch (order.do) {
    case "status":
      return await client.status();
    case "invite":
      return await client.invite();
    case "add":
      return await client.addFolder({
        path: order.path,
        name: null,
        ...(order.indexed === undefined ? {} : { ...order.indexed, mode: "index" }),
      });
    case "ask": {
      const startMs = performance.now();
      const answer = await answerOf(client, order.question);
      return { ms: performance.now() - startMs, answer };
    }
  }
}

/** Entries of a directory that are asked for at once. */
const LS_ENTRIES = 1_000;
const GROUPS = 100;

function answerOf(client: Client, question: Question): Promise<unknown> {
  switch (question.what) {
    case "find":
      return client.find({ text: question.text, plain: false, limit: question.limit });
    case "ls":
      return client.places.ls({ place: { address: question.address }, after: "", limit: LS_ENTRIES });
    case "where":
      return client.places.where({ place: { address: question.address } });
    case "guard":
      return client.guardian.guard();
    case "dupes":
      return client.guardian.dupes({ place: { address: "" }, which: "across", minSize: 0, limit: GROUPS });
  }
}

if (import.meta.main) {
  const [home = ""] = Deno.args;
  for await (const line of linesOfStream(Deno.stdin.readable)) {
    const answer = await obey(home, JSON.parse(line) as Order).then(
      (said): Answer => ({ said }),
      (error): Answer => ({ error: error instanceof Error ? error.message : String(error) }),
    );
    console.log(JSON.stringify(answer));
  }
}
