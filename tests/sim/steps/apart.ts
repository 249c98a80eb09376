/** For tests in which devices take part in a folder in different ways (R9). */
import type { Mode } from "../../../src/core/mode.ts";
import { type ModePreview, previewMode } from "../../../src/sync/mode_preview.ts";
import { heldBy, resume } from "../../../src/sync/resume.ts";
import { revert } from "../../../src/sync/revert.ts";
import type { SimDevice } from "../world/device.ts";
import type { Stage } from "./stage.ts";

/** Dots in the name of a device that any device's rows have, or know of. */
export function minted(of: SimDevice, stage: Stage): number {
  const { actor } = of.device!.ledger;
  let count = 0;
  for (const device of stage.world.devices) {
    const { catalogue, number } = device.folder!.replica;
    for (const rows of catalogue.everyPath.of(number)) {
      for (const { row: { entry: { version } } } of rows) {
        if (version.context.has(actor) || version.dots.some((dot) => dot.actor === actor)) count++;
      }
    }
  }
  return count;
}

export function change(stage: Stage, device: SimDevice, mode: Mode): void {
  stage.done(device.folder!.modes.change(mode));
  stage.rest();
}

export function preview(stage: Stage, device: SimDevice, mode: Mode): ModePreview {
  return stage.done(previewMode(device.folder!.replica, mode));
}

export function doRevert(stage: Stage, device: SimDevice) {
  const done = stage.done(revert(device.folder!.replica, true));
  device.folder!.inbound.evaluate();
  stage.rest();
  return done;
}

export async function sayResume(device: SimDevice, verdict: "accept" | "reject"): Promise<void> {
  const held = await heldBy(device.folder!);
  await resume(device.folder!, device.device!.stager, held!, verdict);
}
