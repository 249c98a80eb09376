/** The local API's shapes for copies: what is at risk, what is asked for, and what is there twice. Times in milliseconds since 1970. */
import type { DuplicateGroup, Which } from "../library/duplicates.ts";
import type { Reason } from "../library/risks.ts";
import type { PlaceAsked } from "./places_types.ts";

/** GET /v1/guard → GuardAnswer */
export interface GuardAnswer {
  readonly schema: "cairn.guard/1";
  /** Files that are held somewhere and not empty, each path once; those that nothing is wrong with. */
  readonly files: number;
  readonly safe: number;
  /** How many files each reason is true of; what tags ask is told in `risks` alone. */
  readonly totals: readonly { readonly reason: Reason; readonly files: number; readonly bytes: number }[];
  /** Worst first; those beyond the first 200 are counted. */
  readonly risks: readonly RiskTold[];
  readonly risksTotal: number;
  readonly policies: readonly PolicyTold[];
  /** Files that a disk had damaged, and nothing had healed, when their device last read all of its own. What was told of by its content is no copy. */
  readonly damaged: readonly { readonly device: string; readonly folder: string; readonly files: number }[];
  /** Rows that are not counted yet: the figures are those without them. 0: exact. */
  readonly behind: number;
}

export interface RiskTold {
  readonly reason: Reason;
  /** 1: may be lost at any moment; 2: would be with one accident; 3: not as it was asked for. */
  readonly severity: 1 | 2 | 3;
  /** Whose files: of a folder, or of what has a tag. */
  readonly folder: string | null;
  readonly tag: string | null;
  readonly files: number;
  readonly bytes: number;
  /** Devices that have them, and how many disks these are. */
  readonly devices: readonly string[];
  readonly copies: number;
  /** Copies that are asked for; null when no policy asks. */
  readonly copiesAsked: number | null;
  /** Devices that are asked to have it. */
  readonly onAsked: readonly string[];
  readonly examples: readonly string[];
  readonly mend: string;
}

export interface PolicyTold {
  /** As `cairn guard set` takes it: a folder, `tag:NAME` or `all`. */
  readonly scope: string;
  readonly copies: number | null;
  readonly on: readonly string[];
  readonly verifiedDays: number | null;
  /** Why it cannot be met at present; "" when it can. */
  readonly problem: string;
}

/** POST /v1/guard/policies → PoliciesAnswer. What is not given stays as it is; `unset` ends all that was asked. */
export interface SetPolicyRequest {
  readonly scope: string;
  readonly copies?: number | undefined;
  readonly on?: readonly string[] | undefined;
  readonly verifiedDays?: number | undefined;
  readonly unset?: boolean | undefined;
}

export interface PoliciesAnswer {
  readonly schema: "cairn.policies/1";
  readonly policies: readonly PolicyTold[];
}

/** POST /v1/dupes → DupesAnswer */
export interface DupesRequest {
  readonly place: PlaceAsked;
  readonly which: Which;
  readonly minSize: number;
  readonly limit: number;
}

export interface DupesAnswer {
  readonly schema: "cairn.dupes/1";
  /** The greatest gain first. */
  readonly groups: readonly DuplicateGroup[];
  readonly groupsTotal: number;
  /** Bytes that would be free on all devices, if of each group only what policies require stayed. */
  readonly gain: number;
  readonly behind: number;
}
