/** A terminal that keeps what was written, for tests. */
import type { Context } from "../../src/cli/context.ts";
import type { Terminal } from "../../src/cli/terminal.ts";

export interface FakeTerminal extends Terminal {
  /** Everything written so far, taken away. */
  taken(): { out: string; err: string };
}

export function fakeTerminal(
  options: Partial<Pick<Terminal, "interactive" | "person" | "colour">> = {},
  width = 100,
): FakeTerminal {
  let [out, err] = ["", ""];
  return {
    out: (text) => void (out += text),
    bytes: (bytes) => Promise.resolve(void (out += new TextDecoder().decode(bytes))),
    err: (text) => void (err += text),
    interactive: false,
    person: false,
    colour: false,
    ...options,
    columns: () => width,
    rows: () => 24,
    errorWidth: () => options.person ? width : Infinity,
    taken() {
      const all = { out, err };
      [out, err] = ["", ""];
      return all;
    },
  };
}

export function fakeContext(
  env: Record<string, string> = {},
  terminal = fakeTerminal(),
): Context & { terminal: FakeTerminal } {
  return {
    terminal,
    env: (name) => env[name],
    startDaemon: () => Promise.reject(new Error("this test starts no device")),
  };
}
