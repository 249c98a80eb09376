/** Devices to be started, with paths that every format has to quote. */
import type { Description } from "../../src/service/description.ts";
import { fileURLToPath } from "node:url";

export const ANN: Description = {
  command: ["/opt/Cairn 100%/cairn"],
  home: `/home/änn/My "own" $HOME & 'more' <50%>`,
  name: "cairn-1a2b3c4d",
  isSystem: false,
  user: "ann",
};

export const PLAIN: Description = {
  command: ["/usr/bin/cairn"],
  home: "/home/ann/.local/share/cairn",
  name: "cairn",
  isSystem: false,
  user: "ann",
};

export const MACHINE: Description = { ...PLAIN, name: "cairn-ann", isSystem: true };

export const WINDOWS: Description = {
  command: ["C:\\Program Files\\Cairn\\cairn.exe"],
  home: "C:\\Users\\Änn & Co\\Cairn 50%\\",
  name: "cairn-1a2b3c4d",
  isSystem: false,
  user: "LAPTOP\\Änn & Co",
};

/** A file of tests/fixtures/service, as it stands. */
export function golden(name: string): Uint8Array<ArrayBuffer> {
  return Deno.readFileSync(fileURLToPath(new URL(`../fixtures/service/${name}`, import.meta.url)));
}

export function goldenText(name: string): string {
  return new TextDecoder().decode(golden(name));
}
