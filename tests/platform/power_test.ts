import assert from "node:assert/strict";
import { onBattery } from "../../src/platform/real/power.ts";
import { tempDir } from "../support/temp_dir.ts";

type Supplies = Readonly<Record<string, Readonly<Record<string, string>>>>;

function answerOf(supplies: Supplies): boolean {
  using dir = tempDir();
  for (const [name, files] of Object.entries(supplies)) {
    Deno.mkdirSync(dir.at(name));
    for (const [file, text] of Object.entries(files)) {
      Deno.writeTextFileSync(dir.at(`${name}/${file}`), `${text}\n`);
    }
  }
  return onBattery(dir.path);
}

const EMPTYING = { type: "Battery", status: "Discharging" };

Deno.test("onBattery() is true of a laptop that is not plugged in, and of nothing else", () => {
  assert.equal(answerOf({ BAT0: EMPTYING, AC: { type: "Mains", online: "0" } }), true);
  assert.equal(answerOf({ BAT0: EMPTYING }), true);
  assert.equal(answerOf({ BAT0: EMPTYING, AC: { type: "Mains", online: "1" } }), false);
  assert.equal(
    answerOf({ BAT0: { type: "Battery", status: "Full" }, AC: { type: "Mains", online: "0" } }),
    false,
  );
  assert.equal(answerOf({ mouse: { ...EMPTYING, scope: "Device" } }), false);
  assert.equal(answerOf({}), false);
  assert.equal(onBattery("/nothing/there"), false);
});
