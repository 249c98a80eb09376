/** A risk in words: what would mend it, and some of the files it is about. */
import { formatAddress } from "../core/address.ts";
import { type ContentId, toHex } from "../core/ids.ts";
import { EXAMPLE_STATES, QUESTION_ROWS } from "../core/limits.ts";
import { givesOwn, takesOthers } from "../core/mode.ts";
import { foldersOf, modeOf } from "./folders.ts";
import type { Risk, Scene } from "./guardian.ts";
import type { Work } from "./questions.ts";
import type { KnownDevice } from "./resolve.ts";

/** Examples that a risk tells. */
const EXAMPLES = 3;
/** Paths of one content among which one in the folder is looked for. */
const PATHS = 50;

/** What to do next, one sentence. */
export function mendOf(scene: Scene, risk: Risk): string {
  const names = (devices: readonly KnownDevice[]) => devices.map(({ name }) => name).join(", ");
  const having = risk.devices.map((device) => scene.devices.get(device)!);
  const lacking = [...scene.devices.values()].filter(({ number }) => !risk.devices.includes(number));
  switch (risk.reason) {
    case "damaged":
      return `On ${names(having)}: cairn status names the files, and what may bring them back.`;
    case "away":
      return `Switch on ${names(having)}, and leave it on until another device has all of it.`;
    case "nearly-full":
      return `Free some space on ${names(having)}, or let another device have it. ${
        placeOn(scene, risk, lacking)
      }`;
    case "unverified":
      return `On ${names(having)}: have it read and checked (cairn verify).`;
    case "elsewhere": {
      const wanted = scene.numbersOf(risk.asked).filter((device) => !risk.devices.includes(device));
      return placeOn(scene, risk, wanted.map((device) => scene.devices.get(device)!));
    }
    default:
      return placeOn(scene, risk, lacking);
  }
}

/** How another device comes to have it. */
function placeOn(scene: Scene, { folder, devices: having }: Risk, devices: readonly KnownDevice[]): string {
  if (devices.length === 0) return "Let another device join: cairn invite";
  const { catalogue } = scene.asking;
  const found = foldersOf(catalogue).find(({ id }) => catalogue.ids.findFolder(id) === folder);
  if (found === undefined) {
    return `Add the folders that it is in on ${devices[0]!.name}: cairn up PATH --folder NAME`;
  }
  const modeOn = (device: number) => modeOf(catalogue, device, found.id);
  const name = /^[\w.-]+$/.test(found.name) ? found.name : `"${found.name}"`;
  const taking = devices.find(({ number }) => {
    const mode = modeOn(number);
    return mode !== null && takesOthers(mode);
  });
  // Those that only list what they have, or only receive, give it to nobody.
  const giving = having.some((device) => givesOwn(modeOn(device) ?? "sync"));
  const keeper = scene.devices.get(having[0] ?? 0);
  const first = giving || keeper === undefined
    ? ""
    : `On ${keeper.name}, which gives it to nobody: cairn folders mode ${name} sync. `;
  if (taking === undefined) {
    const [next] = devices;
    const isThere = modeOn(next!.number) !== null;
    return `${first}On ${next!.name}: cairn folders ${isThere ? `mode ${name} sync` : `add ${name} PATH`}`;
  }
  return first === ""
    ? `${taking.name} takes part in "${found.name}" and has not got it yet; see cairn status there.`
    : `${first}${taking.name} then takes it.`;
}

/** Addresses of some files that a risk is about. */
export function* examplesOf(scene: Scene, risk: Risk): Work<string[]> {
  const { copies, views } = scene.asking.catalogue;
  const names = folderNames(scene);
  const out = new Set<string>();
  const tell = (content: string) => {
    for (const { folder, path } of views.copies.places(content as ContentId, 0, PATHS)) {
      const name = names.get(folder);
      if (name === undefined || (risk.folder !== null && folder !== risk.folder)) continue;
      out.add(formatAddress({ kind: "place", device: null, folder: name, path }));
      return;
    }
  };
  const isEnough = () => out.size >= EXAMPLES;
  for (const content of risk.contents) if (!isEnough()) tell(content);
  for (const standing of risk.standings) {
    for (const content of copies.standings.examplesOf(standing)) {
      if (!isEnough() && copies.standingOf(content) === standing) tell(toHex(content));
    }
    for (const content of isEnough() ? [] : copies.crowdsOf(standing)) tell(toHex(content));
  }
  const wanted = new Set(risk.standings);
  let after: number | null = 0;
  for (
    let seen = 0;
    out.size === 0 && risk.standings.length > 0 && after !== null && seen < EXAMPLE_STATES;
    seen += QUESTION_ROWS
  ) {
    yield;
    after = copies.lookFor(wanted, after, QUESTION_ROWS, (_, content) => isEnough() || tell(toHex(content)));
  }
  return [...out];
}

function folderNames({ asking: { catalogue } }: Scene): Map<number, string> {
  return new Map(foldersOf(catalogue).map(({ id, name }) => [catalogue.ids.findFolder(id) ?? 0, name]));
}
