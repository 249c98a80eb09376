/** All suites, in the order in which they are played. */
import { scan, scanbig } from "./scenarios/alone.ts";
import { catalogue } from "./scenarios/catalogue.ts";
import { five } from "./scenarios/five.ts";
import { pair } from "./scenarios/pair.ts";
import { scale } from "./scenarios/scale.ts";
import { slow } from "./scenarios/slow.ts";
import type { Suite } from "./suite.ts";

export const SUITES: readonly Suite[] = [pair, scan, scanbig, five, slow, scale, catalogue];

/** Names of all scenarios, in that order. */
export const SCENARIOS: readonly string[] = SUITES.flatMap(({ scenarios }) =>
  scenarios.map(({ name }) => name)
);

/** What is played when nothing is chosen: what is held against a peer. */
export const USUAL: readonly string[] = pair.scenarios.map(({ name }) => name);
