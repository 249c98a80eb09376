/**
 * Every command, option and setting of the help through the portable file, on real devices. A new command wants an exercise in
 * `tests/support/exercises_sync.ts` or `exercises_device.ts`, which run in their order; a new option wants to be given in one of them. What
 * is missing fails.
 */
import assert from "node:assert/strict";
import { ALL_SETTINGS } from "../../src/library/settings_table.ts";
import { allCommands } from "../cli/all_commands.ts";
import { wrongUses } from "../cli/wrong_uses.ts";
import { atOnce } from "../support/exercise.ts";
import { DEVICE_EXERCISES } from "../support/exercises_device.ts";
import { SYNC_EXERCISES } from "../support/exercises_sync.ts";
import { Exercised } from "../support/exercising.ts";

const ignore = Deno.build.os !== "linux";

const EXERCISES = { ...SYNC_EXERCISES, ...DEVICE_EXERCISES };

Deno.test(
  { name: "every command and setting of the help works through the portable file", ignore },
  async (t) => {
    const names = allCommands().map(({ name }) => name);
    assert.deepEqual(Object.keys(EXERCISES).toSorted(), names.toSorted(), "a command has no exercise");
    await using x = await Exercised.make();
    for (const [name, exercise] of Object.entries(EXERCISES)) {
      const isDone = await t.step(name, () => exercise(x));
      if (!isDone) return;
    }
    await t.step("each option was given", () => assert.deepEqual(x.missing(), []));
    await t.step("each setting refuses a bad value, with its message and exit code 2", async () => {
      await atOnce(ALL_SETTINGS, async ({ name, scope }) => {
        const of = scope === "folder" ? ["--folder", "Notes"] : [];
        const told = new RegExp(`^cairn: .*${name}`);
        await x.refused(x.laptop, ["config", "set", name, "no/such value", ...of], told);
      });
      const words = [["get", "no.such"], ["set", "no.such", "1"], ["unset", "no.such"]];
      await atOnce(words, (word) => x.refused(x.laptop, ["config", ...word], /no\.such/));
    });
    await t.step("wrong input to each command gives its message and exit code 2", async () => {
      // That an option wants a value is the parser's own affair, and shown without a process in tests/cli/wrong_usage_test.ts.
      const uses = wrongUses().filter(({ what }) => !what.endsWith("wants a value"));
      await atOnce(uses, ({ argv, words }) => x.refused(x.laptop, argv, words));
    });
  },
);
