import assert from "node:assert/strict";
import { inviteLine, isOneOfSeveral } from "../../src/cli/invite_line.ts";
import { pairedLine } from "../../src/cli/join.ts";
import { logText } from "../../src/cli/log.ts";
import { statusText } from "../../src/cli/status_view.ts";
import { dataOfEvents, linesOf } from "../../src/cli/stream.ts";
import { fakeContext } from "./fake_terminal.ts";
import { sampleFolder, samplePeer, sampleStatus } from "./sample_status.ts";

const VIEW = { colour: false, userHome: "/home/ann", nowMs: 1_000_000 + 3_600_000, columns: Infinity };
const INVITE = { code: "K7QM-2XTD-9RWA", expiresMs: 600_000 };
const PLACE = { userHome: "/home/ann", nowMs: 0, columns: Infinity };

Deno.test("statusText() shows device, folders, peers and health", () => {
  assert.equal(
    statusText(
      sampleStatus({
        peers: [
          samplePeer(),
          samplePeer({ id: "d3", name: "phone", connected: false, behindFiles: 12, behindBytes: 4e6 }),
        ],
      }),
      VIEW,
    ),
    `laptop  cairn 0.1.0, port 22411, up 1 h

Folders
  Notes  ~/Notes  10,412 files  3.1 GB  up to date

Devices
  desktop  connected          10.0.0.2:22411  up to date
  phone    last seen 1 h ago  10.0.0.2:22411  12 files, 4.0 MB behind

Journal    healthy, at 1,234, 2 segments, 14 MB
Catalogue  healthy, at 1,234, 12,000 rows, 3.0 MB
Copies     all 10,412 files of the library as safe as asked for
Home       ~/.local/share/cairn
`,
  );
});

Deno.test("statusText() names the folders of the library where none is here", () => {
  const text = (foldersElsewhere: number) =>
    statusText(sampleStatus({ folders: [], foldersElsewhere }), VIEW);
  assert.match(text(0), /none yet; share one with: cairn up PATH/);
  assert.match(text(2), /none here; the library has 2: cairn folders/);
});

Deno.test("statusText() lists what is not in sync with path, cause and remedy", () => {
  const problems = [{ path: "a/b.txt", cause: "permission denied", remedy: "chmod u+r it" }];
  const state = { kind: "waiting", filesLeft: 7, reason: "permission denied" } as const;
  const folder = sampleFolder({ state, problems, problemsTotal: 7 });
  const text = statusText(sampleStatus({ folders: [folder] }), VIEW);
  assert.match(text, /waiting, 7 files left: permission denied \(7 problems\)/);
  assert.match(
    text,
    /Needs attention\n {2}Notes\/a\/b\.txt is not in sync: permission denied\n {4}→ chmod u\+r it\n {2}… and 6 more problems in Notes\n/,
  );
});

Deno.test("statusText() counts conflicts, and says what lists them", () => {
  const text = statusText(sampleStatus({ folders: [sampleFolder({ conflicts: 2 })] }), VIEW);
  assert.match(text, /up to date \(2 conflicts: cairn conflicts\)/);
});

Deno.test("statusText() says what to do when there is nothing yet", () => {
  const text = statusText(sampleStatus({ folders: [], peers: [] }), VIEW);
  assert.match(text, /none yet; share one with: cairn up PATH/);
  assert.match(text, /none yet; let one join with: cairn invite/);
});

Deno.test("inviteLine() is the sentence to type on the other device", () => {
  assert.equal(
    inviteLine(INVITE, sampleFolder(), false, PLACE),
    "On another device:  cairn join K7QM-2XTD-9RWA ~/Notes      (valid 10 minutes, once)",
  );
});

Deno.test("inviteLine() quotes, names the folder among several, and suggests a place that exists there", () => {
  assert.match(
    inviteLine(INVITE, { name: "My Notes", path: "/home/ann/My Notes" }, true, PLACE),
    /9RWA ~\/'My Notes' --folder 'My Notes' {2}/,
  );
  assert.match(
    inviteLine(INVITE, { name: "Films", path: "/mnt/disk/films" }, false, PLACE),
    /9RWA ~\/Films {2}/,
  );
  assert.match(inviteLine(INVITE, { name: "it's; rm", path: "/x" }, false, PLACE), /~\/'it'\\''s; rm' {2}/);
  assert.match(inviteLine(INVITE, null, false, PLACE), /cairn join K7QM-2XTD-9RWA {6}\(/);
});

Deno.test("the folder has to be said as soon as the library has a second one, wherever that is", () => {
  const folders = [sampleFolder()];
  assert.equal(isOneOfSeveral({ folders, foldersElsewhere: 0 }), false);
  assert.equal(isOneOfSeveral({ folders, foldersElsewhere: 1 }), true);
  assert.equal(isOneOfSeveral({ folders: [...folders, ...folders], foldersElsewhere: 0 }), true);
  assert.equal(isOneOfSeveral({ folders: [], foldersElsewhere: 1 }), false);
});

Deno.test("pairedLine() tells how much is to fetch, or where it goes while that is not known", () => {
  const context = fakeContext({ HOME: "/home/ann" });
  const answer = {
    peer: { id: "d1", name: "laptop" },
    folder: { id: "f1", name: "Notes", path: "/home/ann/Notes" },
  };
  const state = {
    kind: "syncing",
    filesDone: 0,
    filesTotal: 10412,
    bytesDone: 0,
    bytesTotal: 3.1e9,
    bytesPerSecond: 0,
  } as const;
  const status = sampleStatus({ folders: [sampleFolder({ state })] });
  assert.equal(
    pairedLine(context, answer, status),
    "Paired with laptop. Notes: 10,412 files, 3.1 GB to fetch …",
  );
  assert.equal(pairedLine(context, answer, null), "Paired with laptop. Notes is kept in ~/Notes.");
});

Deno.test("logText() is one line whatever a file is called", () => {
  const line = { lsn: 1, timeMs: 0, event: "changed", folder: "Notes", path: "a\nb", detail: "" };
  assert.match(logText(line, false), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}changed {7}Notes\/a\\nb$/);
});

async function* chunks(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield new TextEncoder().encode(text);
}

Deno.test("linesOf() does not depend on where the chunks are cut", async () => {
  const [whole] = [new TextEncoder().encode("é1\r\n\nzwei\nend")];
  async function* cut(): AsyncGenerator<Uint8Array> {
    for (const byte of whole) yield Uint8Array.of(byte);
  }
  for (const source of [cut(), chunks("é1\r\n\nzwei\nend")]) {
    assert.deepEqual(await Array.fromAsync(linesOf(source)), ["é1", "", "zwei", "end"]);
  }
});

Deno.test("dataOfEvents() takes the named events alone", async () => {
  const stream = chunks(
    ": hello\n\nevent: status\ndata: {1\ndata: 2}\n\nevent: other\ndata: no\n\ndata: unnamed\n\nevent:status\ndata:3\n\nevent: status\ndata: cut off",
  );
  assert.deepEqual(await Array.fromAsync(dataOfEvents(linesOf(stream), "status")), ["{1\n2}", "3"]);
});
