/**
 * Talks to the local API of a Cairn device from within its host: the API listens on the host's own loopback, and a command of its own for
 * each question would cost more than what is measured. As a program it is `agent.ts HOME`: each line on standard input is an `Order`, each
 * line on standard output an `Answer`.
 */
import { connect } from "../../src/cli/client.ts";
import type { Status } from "../../src/daemon/api_types.ts";
import { linesOfStream } from "./lines.ts";

export type Order = { readonly do: "status" } | { readonly do: "invite" } | {
  readonly do: "add";
  readonly path: string;
};
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
  async add(path: string): Promise<void> {
    await this.#ask({ do: "add", path });
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
      return await client.addFolder({ path: order.path, name: null });
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
