/** Into a plan, people who tag things and say how many copies they want: on any device, connected or not, at any time. */
import type { ContentId } from "../../../src/core/ids.ts";
import { contentId, sha256 } from "../../../src/core/content.ts";
import type { Labelled } from "../../../src/core/label.ts";
import { pathOf } from "../../support/entries.ts";
import { label } from "../../../src/library/labelling.ts";
import { policyFields, type Scope } from "../../../src/library/policies.ts";
import type { Rng } from "../disk/rng.ts";
import type { SimDevice } from "../world/device.ts";
import { FOLDER_ID } from "../world/fixture.ts";
import type { LabelStep, Plan, Step } from "./step.ts";

/** Few, so that people get into each other's way. */
const THINGS = 4;
const TAGS = ["work", "work/tax", "draft"];
const NOTES = ["", "for later", "done"];
const LABELS_CHANCE = 0.4;

/** The same plan with labels in it; a pure function. */
export function withLabels(plan: Plan, rng: Rng): Plan {
  if (!rng.chance(LABELS_CHANCE)) return plan;
  const lastMs = plan.steps.at(-1)?.atMs ?? 0;
  const steps: Step[] = [...plan.steps];
  const count = rng.between(3, 15);
  for (let i = 0; i < count; i++) {
    const at = { atMs: 1 + rng.next() * lastMs, device: rng.below(plan.devices) };
    if (rng.chance(0.25)) {
      steps.push({
        ...at,
        do: "policy",
        scope: rng.below(3),
        copies: rng.chance(0.2) ? null : rng.between(1, 4),
      });
    } else if (rng.chance(0.15)) {
      steps.push({ ...at, do: "note", of: rng.below(THINGS), text: rng.pick(NOTES) });
    } else steps.push({ ...at, do: "tag", of: rng.below(THINGS), tag: rng.pick(TAGS), on: rng.chance(0.6) });
  }
  steps.sort((a, b) => a.atMs - b.atMs);
  return { ...plan, steps };
}

function labelled(of: number): Labelled {
  if (of % 2 === 0) return { kind: "place", folder: FOLDER_ID, path: pathOf(`d/f${of}`) };
  const content: ContentId = contentId(of, sha256(new Uint8Array([of])));
  return { kind: "content", content };
}

const SCOPES: readonly Scope[] = [
  { kind: "all" },
  { kind: "folder", folder: FOLDER_ID },
  { kind: "tag", tag: "work" },
];

/** What its person asks of a device; one that does not run is not asked. */
export async function doLabel({ device }: SimDevice, step: LabelStep): Promise<void> {
  if (device === null) return;
  const { ledger, identity } = device;
  if (step.do === "policy") {
    const writer = { device: identity.id, stamp: ledger.mintStamp.bind(ledger) };
    const fields = policyFields(ledger.catalogue, SCOPES[step.scope]!, { copies: step.copies }, writer);
    if (fields.length > 0) await ledger.commit({ type: "shared", fields });
    return;
  }
  const change = step.do === "note"
    ? { on: [], off: [], note: step.text }
    : { on: step.on ? [step.tag] : [], off: step.on ? [] : [step.tag], note: null };
  await label(ledger, identity.id, [{ labelled: labelled(step.of), ...change }]);
}
