import assert from "node:assert/strict";
import { exitCodeOf, reportError } from "../../src/cli/exit.ts";
import { CairnError, type ErrorCode } from "../../src/core/errors.ts";
import { fakeContext } from "./fake_terminal.ts";

Deno.test("reportError() says what happened and what to do next, on standard error", () => {
  const context = fakeContext();
  const code = reportError(
    new CairnError("path-unusable", "Cannot share /x: it is a file", "Name a directory"),
    context,
  );
  assert.equal(code, 1);
  assert.deepEqual(context.terminal.taken(), {
    out: "",
    err: "cairn: Cannot share /x: it is a file\n→ Name a directory\n",
  });
});

Deno.test("reportError() prints no empty hint", () => {
  const context = fakeContext();
  reportError(new CairnError("network", "No network"), context);
  assert.equal(context.terminal.taken().err, "cairn: No network\n");
});

Deno.test("reportError() shows a stack only when asked", () => {
  const quiet = fakeContext();
  assert.equal(reportError(new TypeError("x is null"), quiet), 1);
  assert.doesNotMatch(quiet.terminal.taken().err, /exit_test/);
  const loud = fakeContext({ CAIRN_DEBUG: "1" });
  reportError(new TypeError("x is null"), loud);
  assert.match(loud.terminal.taken().err, /exit_test/);
});

Deno.test("reportError() lets no escape sequence of a peer's name through", () => {
  const context = fakeContext();
  reportError(new CairnError("network", "\x1b[2J gone"), context);
  assert.ok(!context.terminal.taken().err.includes("\x1b"));
});

Deno.test("exitCodeOf() is 2 for wrong usage alone", () => {
  const code = (name: ErrorCode) => exitCodeOf(new CairnError(name, "m"));
  assert.deepEqual([code("usage"), code("code-malformed")], [2, 2]);
  for (const name of ["not-running", "already-running", "code-refused", "internal"] as const) {
    assert.equal(code(name), 1);
  }
});

Deno.test("a closed pipe is no failure", () => {
  const context = fakeContext();
  assert.equal(reportError(new Deno.errors.BrokenPipe("gone"), context), 0);
  assert.deepEqual(context.terminal.taken(), { out: "", err: "" });
});
