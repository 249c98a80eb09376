import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const CI_RUN = fileURLToPath(new URL("../../.ci/run", import.meta.url));

/**
 * Runs `.ci/run` with an `npx` that only pretends: `task test` prints `words` and exits with `code`, and the gate's part named by
 * `broken` fails.
 */
async function ciRun(
  words: string,
  code: number,
  broken = "none",
): Promise<{ code: number; lastLine: string }> {
  const directory = Deno.makeTempDirSync();
  try {
    Deno.writeTextFileSync(`${directory}/words`, words);
    Deno.writeTextFileSync(
      `${directory}/npx`,
      `#!/bin/sh\nshift 2\ncase "$*" in\n"task test") cat ${directory}/words; exit ${code};;\n"${broken}") exit 1;;\nesac\n`,
    );
    Deno.chmodSync(`${directory}/npx`, 0o755);
    // `ip` exists here, so that nothing is installed.
    Deno.writeTextFileSync(`${directory}/ip`, "#!/bin/sh\n");
    Deno.chmodSync(`${directory}/ip`, 0o755);
    const done = await new Deno.Command("bash", {
      args: [CI_RUN],
      env: { PATH: `${directory}:${Deno.env.get("PATH")}` },
    }).output();
    const lines = new TextDecoder().decode(done.stdout).trimEnd().split("\n");
    return { code: done.code, lastLine: lines.at(-1)! };
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
}

const ignore = Deno.build.os === "windows";
const GREEN =
  "a ... \x1b[0m\x1b[32mok\x1b[0m\n\n\x1b[0m\x1b[32mok\x1b[0m | 123 passed (4 steps) | 0 failed \x1b[0m\x1b[38;5;245m(5s)\x1b[0m\n\n";

Deno.test({ name: ".ci/run ends with the count of a good run and exits 0", ignore }, async () => {
  assert.deepEqual(await ciRun(GREEN, 0), { code: 0, lastLine: "123 passed, 0 failed" });
  assert.deepEqual(await ciRun("ok | 7 passed | 0 failed | 2 ignored (1s)\n", 0), {
    code: 0,
    lastLine: "7 passed, 0 failed",
  });
});

Deno.test({ name: ".ci/run fails with the tests and still tells the count", ignore }, async () => {
  assert.deepEqual(
    await ciRun("FAILED | 120 passed (4 steps) | 3 failed (1 step) (5s)\nerror: Test failed\n", 1),
    {
      code: 1,
      lastLine: "120 passed, 3 failed",
    },
  );
});

Deno.test(
  { name: ".ci/run fails when a part of the gate fails although all tests pass", ignore },
  async () => {
    for (const part of ["fmt --check", "lint", "task check", "task layers"]) {
      assert.deepEqual(await ciRun(GREEN, 0, part), { code: 1, lastLine: "123 passed, 0 failed" }, part);
    }
  },
);

Deno.test({ name: ".ci/run fails when there is no count, or none passed", ignore }, async () => {
  assert.equal((await ciRun("error: Type checking failed.\n", 1)).code, 1);
  assert.equal((await ciRun("a test that prints 5 passed and 0 failed\n", 0)).code, 1);
  assert.equal((await ciRun("ok | 0 passed | 0 failed (0ms)\n", 0)).code, 1);
});

Deno.test({ name: ".ci/run fails when the run dies after it told a good count", ignore }, async () => {
  assert.deepEqual(await ciRun(GREEN, 139), { code: 1, lastLine: "123 passed, 0 failed" });
});
