/** Screens that are kept as texts: what is another each time made the same, without moving anything beside it. */
import assert from "node:assert/strict";

const KEPT = new URL("../fixtures/screens/", import.meta.url);
const WRITE = Deno.env.get("CAIRN_WRITE_SCREENS") === "1";

/** Compares the screen with the one that is kept under the name; writes that instead where it was asked for. */
export function sameScreen(name: string, screen: string): void {
  const file = new URL(`${name}.txt`, KEPT);
  const shown = settled(screen);
  if (WRITE) {
    Deno.mkdirSync(KEPT, { recursive: true });
    return Deno.writeTextFileSync(file, shown);
  }
  const kept = Deno.readTextFileSync(file);
  assert.equal(
    shown,
    kept,
    `the screen ${name} is another now. If it is as it should be: deno task screens\n\nis:\n${shown}\nwas:\n${kept}`,
  );
}

/** What differs from run to run, and what stands for it. */
const VARYING: readonly (readonly [RegExp, string | ((all: string) => string)])[] = [
  [/\b[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}\b/g, "K7QM-2XTD-9RWA"],
  [/(?<=\.conflict-)\d{8}-[0-9a-f]{8}/g, "20261122-0123abcd"],
  [/\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\b/g, "2026-11-22 03:44:28"],
  [/(?<=cairn )\d+\.\d+\.\d+(?=,)/g, "0.1.0"],
  [/(?<=10\.77\.0\.\d:)\d{5}\b/g, "22411"],
  [/(?<=, up )\d.*$/gm, "5 s"],
  [/(?<=^(?:Journal|Catalogue) +healthy, at ).*$/gm, "…"],
  [/█+░*|░+/g, (bar) => "█".repeat(bar.length >> 1).padEnd(bar.length, "░")],
  [/ +\d+%/g, (share) => "50%".padStart(share.length)],
  [/(?<=syncing )\d+(?= of)/g, "6"],
  [/[\d.]+(?: [KM]?B)?(?= of \d\.\d MB)/g, "2.0"],
  [/\d+(?:\.\d)? [KM]B\/s, \d+ s left/g, "2.0 MB/s, 1 s left"],
];

function settled(screen: string): string {
  return VARYING.reduce(
    (text, [what, by]) => typeof by === "string" ? text.replace(what, by) : text.replace(what, by),
    screen,
  );
}
