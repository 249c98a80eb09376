/** Where the fight takes place: the victim, an honest device paired with it, and a member gone bad; and what an attack is. */
import { connect } from "../../src/cli/client.ts";
import type { Device } from "../../tests/support/device.ts";
import { exists, join, share, statusOf, withoutBrake, type World } from "../../tests/support/pair.ts";
import { waitFor } from "../../tests/support/wait.ts";
import { Member } from "./member.ts";
import type { Scope } from "./scope.ts";
import type { Seeded } from "./seeded.ts";

/** Attacks of one lane follow each other; the lanes attack at the same time. */
export const LANES = ["stranger", "lan", "invite", "member", "local"] as const;
export type Lane = typeof LANES[number];

export interface Attack {
  readonly name: string;
  readonly lane: Lane;
  /** How often it is chosen, compared with others of its lane; 1 unless said. */
  readonly weight?: number;
  run(field: Field, random: Seeded, scope: Scope): Promise<void>;
}

export interface Field {
  readonly victim: Device;
  readonly honest: Device;
  readonly member: Member;
  /** The victim's TCP port. */
  readonly port: number;
  /** Certificates of all members. */
  readonly certificates: readonly Uint8Array[];
  readonly honestId: string;
  /** A tree beside the victim's root that nobody may touch. */
  readonly decoy: string;
  /** A new code from the victim; null while too many are open. */
  invite(): Promise<string | null>;
}

/** Names in the root that the attacks keep off: what honest people work in. */
export const HONEST = "honest";

const FILES = 60;

/** Two honest devices with a folder in use, and the member gone bad. */
export async function prepareField(world: World): Promise<Field> {
  const [victim, honest] = [world.device("victim"), world.device("honest")];
  for (const device of [victim, honest]) makeDecoy(`${device.work}/decoy`);
  plant(victim.data);
  await share(victim);
  await join(honest, victim);
  // Who deletes without end is stopped by it, rightly: then nobody's edits arrive any more.
  await withoutBrake(victim, honest);
  const { device: { port } } = await statusOf(victim);
  const client = connect(victim.home);
  const member = await Member.join((await client.invite()).code, () => port);
  await waitFor("the honest device has the tree", async () => {
    const { folders } = await statusOf(honest);
    return folders[0]?.state.kind === "up-to-date" && exists(`${honest.data}/${HONEST}`);
  });
  const { peers } = await statusOf(victim);
  const honestId = peers.find(({ name }) => name === honest.name)!.id;
  const certificates = member.fields.flatMap(({ kind, field, value }) =>
    kind === "member" && field.startsWith("add/") ? [(value as { certificate: Uint8Array }).certificate] : []
  );
  return {
    victim,
    honest,
    member,
    port,
    certificates,
    honestId,
    decoy: `${victim.work}/decoy`,
    invite: () => client.invite().then(({ code }) => code, () => null),
  };
}

function plant(root: string): void {
  for (const directory of [HONEST, "docs/deep/er", "swap/inner"]) {
    Deno.mkdirSync(`${root}/${directory}`, { recursive: true });
  }
  for (let i = 0; i < FILES; i++) {
    Deno.writeTextFileSync(`${root}/docs/note-${i}`, `note ${i}\n`.repeat(i + 1));
  }
  Deno.writeTextFileSync(`${root}/swap/inner/file`, "to be swapped\n");
  Deno.writeFileSync(`${root}/docs/large`, new Uint8Array(3 * 2 ** 20).map((_, i) => i * 7 >> 3));
  Deno.symlinkSync("note-1", `${root}/docs/link`);
}

function makeDecoy(path: string): void {
  Deno.mkdirSync(`${path}/inner/.cairn`, { recursive: true });
  Deno.writeTextFileSync(`${path}/secret`, "nobody's business\n");
  Deno.writeTextFileSync(`${path}/inner/file`, "nor this\n");
  Deno.writeTextFileSync(`${path}/inner/.cairn/marker.json`, "{}\n");
  Deno.symlinkSync("secret", `${path}/link`);
}
