/** A folder that A only lists, and the demo's last step: B finds what is in it while A is off, and fetches it when A is back. */
import type { FindAnswer } from "../src/daemon/find_types.ts";
import { waitFor } from "../tests/support/wait.ts";
import { waitUntilConnected, type World } from "./demo_world.ts";

const NOTE = "Bring the snorkel, and ask about the wombat sanctuary.\n";

/** Has A list a folder of its own; texts are read behind all that is done meanwhile. */
export async function listArchive({ a, stage }: World): Promise<void> {
  const archive = `${stage}/Archive`;
  Deno.mkdirSync(archive);
  Deno.writeTextFileSync(`${archive}/packing list.md`, NOTE);
  await a.cli("folders", "add", archive, "--mode", "index");
}

export async function findWhileAIsOff(world: World): Promise<string> {
  const { a, b, stage } = world;
  const found = async () => (JSON.parse(await b.cli("find", "wombat", "--json")) as FindAnswer).found;
  await waitFor(`${b.name} to know the text`, async () => (await found()).length > 0);
  await a.stop();
  const [hit] = await found();
  if (hit?.devices.map(({ name, online }) => `${name} ${online}`).join() !== `${a.name} false`) {
    throw new Error(`${b.name} says of the text: ${JSON.stringify(hit)}`);
  }
  await a.startAndWait("up");
  await waitUntilConnected(world);
  await b.cli("get", hit.address, `${stage}/fetched.md`);
  if (Deno.readTextFileSync(`${stage}/fetched.md`) !== NOTE) {
    throw new Error("What was fetched is another text");
  }
  return `by a word in ${hit.address}`;
}
