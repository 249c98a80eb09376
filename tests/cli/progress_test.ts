import assert from "node:assert/strict";
import { barLine, createProgress, describeWork, ofBytes } from "../../src/cli/progress.ts";
import { cellWidth } from "../../src/cli/table.ts";
import type { FolderState } from "../../src/daemon/api_types.ts";
import { fakeTerminal } from "./fake_terminal.ts";
import { sampleFolder } from "./sample_status.ts";

const CLEAR_LINE = "\r\x1b[K";

type Syncing = Extract<FolderState, { kind: "syncing" }>;

function syncing(changes: Partial<Syncing> = {}): Syncing {
  return {
    kind: "syncing",
    filesDone: 412,
    filesTotal: 10412,
    bytesDone: 1.9e9,
    bytesTotal: 3.1e9,
    bytesPerSecond: 41e6,
    ...changes,
  };
}

/** A progress with a clock that is moved by hand. */
function progressAt(interactive: boolean) {
  const terminal = fakeTerminal({ interactive });
  let nowMs = 0;
  const progress = createProgress(terminal, () => nowMs);
  return { terminal, progress, at: (ms: number) => void (nowMs = ms) };
}

Deno.test("describeWork() tells files, bytes, rate and time left, and leaves out what is not known", () => {
  assert.equal(describeWork(syncing()), "syncing 412 of 10,412 files, 1.9 of 3.1 GB, 41 MB/s, 29 s left");
  assert.equal(describeWork(syncing({ bytesPerSecond: 0 })), "syncing 412 of 10,412 files, 1.9 of 3.1 GB");
  assert.equal(
    describeWork(syncing({ bytesTotal: 0, bytesDone: 0, bytesPerSecond: 0 })),
    "syncing 412 of 10,412 files",
  );
  assert.equal(describeWork({ kind: "scanning", checked: 1200, known: 0 }), "scanning, 1,200 checked");
  assert.equal(describeWork({ kind: "scanning", checked: 12, known: 10 }), "scanning, 12 of 12 checked");
});

Deno.test("ofBytes() says a shared unit once", () => {
  assert.deepEqual([ofBytes(1.9e9, 3.1e9), ofBytes(4e6, 3.1e9)], ["1.9 of 3.1 GB", "4.0 MB of 3.1 GB"]);
});

Deno.test("barLine() fits every width", () => {
  const folder = { ...sampleFolder({ name: "A rather long name of a folder 日本語" }), state: syncing() };
  for (const width of [20, 40, 60, 80, 120]) {
    const line = barLine(folder, fakeTerminal({ colour: true }, width));
    assert.ok(cellWidth(line) < width, `${width}: ${line}`);
  }
});

Deno.test("barLine() tells bytes, rate and time left where there is no room for the files, and the files where there is", () => {
  const folder = { ...sampleFolder(), state: syncing() };
  const words = (width: number) => barLine(folder, fakeTerminal({}, width)).split("%  ")[1];
  assert.deepEqual([50, 80, 120].map(words), [
    "1.9 of 3.1 GB, 41 MB/s…",
    "1.9 of 3.1 GB, 41 MB/s, 29 s left",
    "syncing 412 of 10,412 files, 1.9 of 3.1 GB, 41 MB/s, 29 s left",
  ]);
});

Deno.test("barLine() fills its bar with what is done", () => {
  const line = barLine(
    { ...sampleFolder(), state: syncing({ bytesDone: 1, bytesTotal: 2 }) },
    fakeTerminal(),
  );
  assert.ok(line.startsWith(`Notes  ${"█".repeat(12)}${"░".repeat(12)}  50%  1 of 2 B, `), line);
});

Deno.test("a bar is redrawn in place, stays below lines, and goes away when the work is done", () => {
  const { terminal, progress, at } = progressAt(true);
  progress.show([sampleFolder({ state: syncing() })]);
  const drawn = terminal.taken().out;
  assert.ok(drawn.startsWith(CLEAR_LINE + "Notes  █"), drawn);
  assert.match(drawn, /█+░+ {2}61% {2}1\.9 of 3\.1 GB, 41 MB\/s, 29 s left$/);
  at(50);
  progress.show([sampleFolder({ state: syncing({ filesDone: 413 }) })]);
  assert.equal(terminal.taken().out, "", "two redraws within 100 ms are one");
  progress.line("desktop connected.");
  assert.ok(terminal.taken().out.startsWith(`${CLEAR_LINE}desktop connected.\n${CLEAR_LINE}Notes `));
  progress.show([sampleFolder()]);
  assert.equal(terminal.taken().out, CLEAR_LINE);
  progress.end();
  assert.equal(terminal.taken().out, "");
});

Deno.test("plain lines skip short work and come once in a while", () => {
  const { terminal, progress, at } = progressAt(false);
  const show = (ms: number) => {
    at(ms);
    progress.show([sampleFolder({ state: syncing() })]);
    return terminal.taken().out;
  };
  assert.equal(show(0), "");
  assert.equal(show(900), "");
  assert.equal(show(1000), "Notes: syncing 412 of 10,412 files, 1.9 of 3.1 GB, 41 MB/s, 29 s left\n");
  assert.equal(show(10_900), "");
  assert.notEqual(show(11_000), "");
  progress.show([sampleFolder()]);
  assert.equal(terminal.taken().out, "");
  assert.equal(show(50_000), "", "new work begins its own second");
});

Deno.test("progress prefers a transfer to a scan, and the larger transfer", () => {
  const { terminal, progress } = progressAt(true);
  progress.show([
    sampleFolder({ name: "Scan", state: { kind: "scanning", checked: 1, known: 2 } }),
    sampleFolder({ name: "Small", state: syncing({ bytesTotal: 1.9e9 + 5 }) }),
    sampleFolder({ name: "Large", state: syncing() }),
  ]);
  assert.ok(terminal.taken().out.includes("Large"));
});
