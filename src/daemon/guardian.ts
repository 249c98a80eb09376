/** The guardian and duplicates as the local API offers them (library/guardian.ts, library/duplicates.ts). */
import type { Hono } from "hono";
import * as v from "valibot";
import { CairnError } from "../core/errors.ts";
import { tagFrom } from "../core/label.ts";
import {
  DUPLICATES_TOLD,
  FILE_BYTES,
  POLICY_COPIES,
  POLICY_DEVICES,
  POLICY_VERIFIED_DAYS,
  RISKS_TOLD,
} from "../core/limits.ts";
import { isBelow } from "../core/path.ts";
import { findDuplicates } from "../library/duplicates.ts";
import { damagedFiles } from "../library/disks.ts";
import { foldersOf } from "../library/folders.ts";
import { guard, type Risk, Scene } from "../library/guardian.ts";
import { membersOf } from "../library/members.ts";
import { NOTHING_ASKED, policiesOf, type Policy, policyFields, type Scope } from "../library/policies.ts";
import { examplesOf, mendOf } from "../library/risk_words.ts";
import type { Work } from "../library/questions.ts";
import { type Asking, deviceCalled, folderCalled, resolvePlace } from "../library/resolve.ts";
import type { Clock } from "../platform/ports.ts";
import { bodyOf } from "./body.ts";
import type {
  DupesAnswer,
  DupesRequest,
  GuardAnswer,
  PoliciesAnswer,
  PolicyTold,
  RiskTold,
  SetPolicyRequest,
} from "./guardian_types.ts";
import { askingOf, placeAskedFor, placeSchema, type PlacesPorts } from "./places.ts";

export interface GuardianService {
  guard(): Promise<GuardAnswer>;
  /** Durable when it is answered. Throws CairnError "policy-unmeetable" for one that the library's devices cannot meet. */
  setPolicy(request: SetPolicyRequest): Promise<PoliciesAnswer>;
  dupes(request: DupesRequest): Promise<DupesAnswer>;
}

const name = v.pipe(v.string(), v.maxLength(256));
const whole = (most: number) => v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(most));
const policySchema = v.object({
  scope: name,
  copies: v.optional(whole(POLICY_COPIES)),
  on: v.optional(v.pipe(v.array(name), v.maxLength(POLICY_DEVICES))),
  verifiedDays: v.optional(whole(POLICY_VERIFIED_DAYS)),
  unset: v.optional(v.boolean()),
});
const dupesSchema = v.object({
  place: placeSchema,
  which: v.picklist(["all", "within", "across"]),
  minSize: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(FILE_BYTES)),
  limit: whole(DUPLICATES_TOLD),
});

export function addGuardianRoutes(app: Hono, service: GuardianService): void {
  app.get("/v1/guard", async (c) => c.json(await service.guard()));
  app.post("/v1/guard/policies", async (c) => c.json(await service.setPolicy(await bodyOf(c, policySchema))));
  app.post("/v1/dupes", async (c) => c.json(await service.dupes(await bodyOf(c, dupesSchema))));
}

export function guardianService(
  ports: PlacesPorts & { readonly clock: Pick<Clock, "now"> },
): GuardianService {
  const { device, questions, clock } = ports;
  const { ledger, identity } = device;
  const asking = askingOf(device);
  const policies = (): PoliciesAnswer => ({
    schema: "cairn.policies/1",
    policies: policiesOf(asking.catalogue).map((policy) => told(asking, policy)),
  });
  return {
    guard: () => questions.ask(guardAnswer(asking, clock.now())),
    async setPolicy({ scope: text, copies, on, verifiedDays, unset }) {
      const scope = scopeFrom(asking, text);
      const wanted = unset === true ? NOTHING_ASKED : {
        ...copies === undefined ? {} : { copies },
        ...on === undefined ? {} : { on: [...new Set(on.map((one) => deviceCalled(asking, one).id))].sort() },
        ...verifiedDays === undefined ? {} : { verifiedDays },
      };
      const { length } = membersOf(asking.catalogue);
      if ((wanted.copies ?? 0) > length) {
        throw new CairnError(
          "policy-unmeetable",
          `${wanted.copies} copies cannot be kept by ${length === 1 ? "one device" : `${length} devices`}`,
          "Let another device join first (cairn invite), or ask for fewer copies.",
        );
      }
      const writer = { device: identity.id, stamp: ledger.mintStamp.bind(ledger) };
      const fields = policyFields(asking.catalogue, scope, wanted, writer);
      if (fields.length > 0) await ledger.commit({ type: "shared", fields });
      return policies();
    },
    dupes: ({ place, which, minSize, limit }) =>
      questions.ask(function* (): Work<DupesAnswer> {
        const { folder, path } = yield* resolvePlace(asking, placeAskedFor(ports, place));
        const isInside = folder === null
          ? null
          : (number: number, of: string) =>
            number === folder.number && (of === path || isBelow(of as typeof path, path));
        const found = yield* findDuplicates(asking, { which, minSize, limit, isInside }, clock.now());
        return { schema: "cairn.dupes/1", ...found };
      }()),
  };
}

function* guardAnswer(asking: Asking, nowMs: number): Work<GuardAnswer> {
  const { risks, ...guarded } = yield* guard(asking, nowMs);
  const scene = new Scene(asking, nowMs);
  const out: RiskTold[] = [];
  for (const risk of risks.slice(0, RISKS_TOLD)) out.push(yield* riskTold(scene, risk));
  return {
    schema: "cairn.guard/1",
    ...guarded,
    risks: out,
    risksTotal: risks.length,
    policies: policiesOf(asking.catalogue).map((policy) => told(asking, policy)),
    damaged: damagedIn(scene),
  };
}

/** What devices say of their own disks, the most first. */
function damagedIn({ asking: { catalogue }, devices }: Scene): GuardAnswer["damaged"] {
  return foldersOf(catalogue).flatMap(({ id, name }) => {
    const folder = catalogue.ids.findFolder(id);
    if (folder === null) return [];
    return [...devices.values()].map((device) => ({
      device: device.name,
      folder: name,
      files: damagedFiles(catalogue, device.number, folder),
    }));
  }).filter(({ files }) => files > 0).sort((a, b) => b.files - a.files).slice(0, RISKS_TOLD);
}

function* riskTold(scene: Scene, risk: Risk): Work<RiskTold> {
  const { catalogue } = scene.asking;
  const folder = foldersOf(catalogue).find(({ id }) => catalogue.ids.findFolder(id) === risk.folder);
  const names = new Map([...scene.devices.values()].map(({ id, name }) => [id, name]));
  return {
    reason: risk.reason,
    severity: risk.severity,
    folder: folder?.name ?? null,
    tag: risk.tag,
    files: risk.files,
    bytes: risk.bytes,
    devices: risk.devices.map((device) => scene.devices.get(device)!.name),
    copies: risk.disks,
    copiesAsked: risk.asked.copies,
    onAsked: (risk.asked.on ?? []).map((id) => names.get(id) ?? id.slice(0, 8)),
    examples: yield* examplesOf(scene, risk),
    mend: mendOf(scene, risk),
  };
}

function scopeFrom(asking: Asking, text: string): Scope {
  if (text === "all") return { kind: "all" };
  if (!text.startsWith("tag:")) return { kind: "folder", folder: folderCalled(asking, text).id };
  const tag = tagFrom(text.slice("tag:".length));
  if (tag !== null) return { kind: "tag", tag };
  throw new CairnError(
    "usage",
    `"${text.slice("tag:".length)}" cannot be a tag`,
    "A tag is a word, such as work or work/tax.",
  );
}

function told(asking: Asking, { scope, copies, on, verifiedDays }: Policy): PolicyTold {
  const members = membersOf(asking.catalogue);
  const names = new Map(members.map(({ device, name }) => [device, name]));
  const gone = (on ?? []).filter((id) => !names.has(id));
  const problem = (copies ?? 0) > members.length
    ? `${copies} copies are asked for, and there are ${members.length} devices`
    : gone.length > 0
    ? "a device that it names is no member any more"
    : "";
  return {
    scope: scopeWords(asking, scope),
    copies,
    on: (on ?? []).map((id) => names.get(id) ?? id.slice(0, 8)),
    verifiedDays,
    problem,
  };
}

function scopeWords({ catalogue }: Asking, scope: Scope): string {
  if (scope.kind === "all") return "all";
  if (scope.kind === "tag") return `tag:${scope.tag}`;
  return foldersOf(catalogue).find(({ id }) => id === scope.folder)?.name ?? scope.folder.slice(0, 8);
}
