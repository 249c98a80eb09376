/**
 * A device of the floor: the plainest program that brings files from one host to another by what Cairn cannot do without, with Cairn's own workers,
 * disk calls, journal, TLS and frames. `device.ts first|second ROOT HOME OTHERS_HOME [ADDRESS]`; the first listens and gives, the second dials and takes.
 *
 * Left out is all that makes a program of it: catalogue (but for a rename), planning, versions and conflicts, ignoring, several
 * devices, changes under way, whatever goes wrong. An error ends it.
 */
import { createIdentity, type DeviceIdentity } from "../../../src/peer/identity.ts";
import { realNet } from "../../../src/platform/real/net.ts";
import { realRandom } from "../../../src/platform/real/random.ts";
import { Giver, type GiverEvents } from "./giver.ts";
import { disk, type Known } from "./known.ts";
import { Link, PROTOCOL } from "./link.ts";
import { Log } from "./log.ts";
import { FloorRows } from "./rows.ts";
import { Taker } from "./taker.ts";

/** Nothing has happened for so long: what is known is saved, and rows are made for whoever renames next. */
const REST_MS = 400;
const DIAL_MS = 5_000;

/** What a device says of itself, in files that the bench reads. */
class Words implements GiverEvents {
  readonly #home: string;
  readonly #atRest: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isBusy = true;

  constructor(home: string, atRest: () => void) {
    this.#home = home;
    this.#atRest = atRest;
  }

  busy(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#isBusy) return;
    this.#isBusy = true;
    Deno.removeSync(`${this.#home}/resting`);
  }

  rest(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#atRest();
      this.#isBusy = false;
      this.say("resting", "");
    }, REST_MS);
  }

  say(name: string, word: string): void {
    Deno.writeTextFileSync(`${this.#home}/${name}.new`, word);
    Deno.renameSync(`${this.#home}/${name}.new`, `${this.#home}/${name}`);
  }
}

async function identityAt(home: string): Promise<DeviceIdentity> {
  const path = `${home}/identity.json`;
  if (disk.lstat(path) === null) {
    const { id, certificatePem, keyPem, certificateDer } = await createIdentity(realRandom());
    Deno.writeTextFileSync(
      path,
      JSON.stringify({ id, certificatePem, keyPem, certificateDer: [...certificateDer] }),
    );
  }
  const stored = JSON.parse(Deno.readTextFileSync(path));
  return { ...stored, certificateDer: new Uint8Array(stored.certificateDer) };
}

function knownAt(home: string): Map<string, Known> {
  return disk.lstat(`${home}/known`) === null
    ? new Map()
    : new Map(JSON.parse(Deno.readTextFileSync(`${home}/known`)));
}

async function main(
  [role, root = "", home = "", other = "", address = ""]: readonly string[],
): Promise<void> {
  if (disk.lstat(`${home}/resting`) !== null) Deno.removeSync(`${home}/resting`);
  const identity = await identityAt(home);
  let rows: FloorRows | null = null;
  const rowsOf = () => rows ??= new FloorRows(`${home}/rows.db`);
  const log = new Log(home);
  const words = new Words(home, () => {
    rowsOf().fill(device.known);
    if (role === "second") words.say("known", JSON.stringify([...device.known]));
  });
  const idOfOther = () => Deno.readTextFileSync(`${other}/id`);
  let device: Giver | Taker;
  words.say("id", identity.id);
  if (role === "first") {
    const giver = device = new Giver(root, log, rowsOf, words);
    const { port } = await realNet().listen(0, identity, [PROTOCOL], (secure) => {
      const link = new Link(secure, idOfOther());
      link.onFrame(() => {});
      link.onClose(() => giver.linked(null));
      giver.linked(link);
    });
    words.say("port", String(port));
  } else {
    const dialled = realNet().dial(address, identity, PROTOCOL, DIAL_MS);
    dialled.catch(() => {}); // awaited below
    const taker = device = new Taker(root, home, knownAt(home), log, rowsOf, words);
    taker.linked(new Link(await dialled, idOfOther()));
    words.rest();
  }
}

if (import.meta.main) {
  Deno.addSignalListener("SIGTERM", () => Deno.exit(0));
  await main(Deno.args);
}
