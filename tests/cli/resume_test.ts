import assert from "node:assert/strict";
import { resumeLines } from "../../src/cli/resume.ts";
import { run } from "../../src/cli/program.ts";
import type { ResumeAnswer } from "../../src/daemon/api_types.ts";
import { fakeContext } from "./fake_terminal.ts";

const answer = (over: Partial<ResumeAnswer>): ResumeAnswer => ({
  folder: { id: "f1", name: "Photos", path: "/home/ann/Photos" },
  verdict: null,
  kind: "changes",
  mode: "sync",
  files: 400,
  deletes: 300,
  replaces: 2,
  taken: 0,
  broughtBack: 0,
  missing: 0,
  elsewhere: 0,
  aside: null,
  ...over,
});

Deno.test("resumeLines() without a word shows what is held back, and what each word would do", () => {
  assert.deepEqual(resumeLines(answer({ taken: 50 })), [
    "Photos is halted: other devices deleted 300 files and replaced 2 files of 400, after 50 files within the hour before.",
    "  --accept  300 files would be deleted here and 2 files replaced; what they held is kept in the version store.",
    "  --reject  302 files would come back on every device, as they are here. So would those of 50 files taken within " +
    "the hour before that the version store still has.",
  ]);
  assert.deepEqual(resumeLines(answer({ kind: "emptied", missing: 400, elsewhere: 390 })), [
    "Photos is halted: 400 files of 400 are missing on this device.",
    "  --accept  400 files that are missing here would be deleted on the other devices too.",
    "  --reject  390 files would come back from the other devices. 10 files on no other device cannot.",
  ]);
  assert.deepEqual(resumeLines(answer({ kind: "older", missing: 1 })), [
    "Photos is halted: its root is older than it was, as if put back from a backup; 1 file of 400 is missing, and others may be older.",
    "  --accept  what is here would be taken for meant, everywhere; 1 file missing here would be deleted there too.",
    "  --reject  what was here would be put aside, and what the other devices have would come in its place.",
  ]);
});

Deno.test("resumeLines() says what was done", () => {
  assert.deepEqual(resumeLines(answer({ verdict: "accept" })), [
    "Photos goes on: 300 files are deleted here and 2 files replaced; what they held is kept in the version store.",
  ]);
  assert.deepEqual(
    resumeLines(answer({ verdict: "reject", deletes: 1, replaces: 0, taken: 50, broughtBack: 49 })),
    [
      "Photos goes on: 1 file comes back on every device, as it is here. 49 files of 50 taken within the hour before are " +
      "back from the version store.",
    ],
  );
});

Deno.test("resumeLines() says what each word comes to in the mode of the folder (R9)", () => {
  const words = (over: Partial<ResumeAnswer>) =>
    resumeLines(answer(over)).slice(1).map((line) => line.trim());
  const nothing = "nothing comes from the other devices in mode";
  for (const mode of ["receive", "index"] as const) {
    assert.match(
      words({ kind: "emptied", missing: 4, elsewhere: 4, mode })[0]!,
      /this device alone; nothing changes/,
    );
    assert.match(words({ kind: "older", missing: 4, mode })[0]!, /this device alone; nothing changes/);
  }
  for (const mode of ["send", "index"] as const) {
    assert.ok(words({ kind: "emptied", missing: 4, elsewhere: 4, mode })[1]!.includes(`${nothing} ${mode}`));
    assert.ok(words({ kind: "older", mode })[1]!.includes(`would be put aside, and ${nothing} ${mode}`));
  }
  assert.match(words({ kind: "emptied", missing: 4, mode: "send" })[0]!, /deleted on the other devices too/);
  assert.match(
    words({ kind: "emptied", missing: 4, elsewhere: 4, mode: "receive" })[1]!,
    /4 files would come back/,
  );
  assert.match(words({ mode: "receive" })[1]!, /302 files would stay as they are on this device alone/);
});

Deno.test("resumeLines() says where what was put back is", () => {
  assert.deepEqual(resumeLines(answer({ kind: "older", verdict: "reject", aside: "/p/.cairn/put-back-1" })), [
    "Photos goes on: what was here is in /p/.cairn/put-back-1, and what the other devices have comes in its place.",
  ]);
});

Deno.test("resume with both words is wrong usage", async () => {
  const context = fakeContext();
  assert.equal(await run(["resume", "Photos", "--accept", "--reject"], context), 2);
  assert.match(context.terminal.taken().err, /exclude each other/);
});
