/** A folder that other devices count on here (docs/selective.md) is not taken out of what they hear of, and not left. */
import { SELF } from "../catalogue/interning.ts";
import { isDropped } from "../core/entry.ts";
import { CairnError } from "../core/errors.ts";
import type { DeviceId, FolderId } from "../core/ids.ts";
import { givesOwn } from "../core/mode.ts";
import { modeOf } from "../library/folders.ts";
import { membersOf } from "../library/members.ts";
import type { Clock } from "../platform/ports.ts";
import type { Device } from "./device.ts";

/** Paths looked at between two turns of the event loop. */
const TURN_PATHS = 500;

/** Does something with a folder after which nobody could count on what stands in it. Throws CairnError where somebody does. */
export async function unlessCountedOn<T>(
  device: Device,
  clock: Pick<Clock, "after">,
  [id, name]: readonly [id: FolderId, name: string],
  work: () => Promise<T>,
): Promise<T> {
  const { selective: { promises } } = device;
  const isOver = promises.withhold(id);
  try {
    const counting = promises.countingOn(id);
    if (counting.length > 0) throw refused(device, name, counting, "is dropping files");
    const listing = await listingOnly(device, clock, id);
    if (listing.length > 0) throw refused(device, name, listing, "has dropped files");
    return await work();
  } finally {
    isOver();
  }
}

function refused(
  { ledger: { catalogue } }: Device,
  folder: string,
  devices: readonly (DeviceId | "soon")[],
  does: string,
): CairnError {
  const known = membersOf(catalogue).filter((one) => devices.includes(one.device)).map(({ name }) => name);
  const names = known.length === 0 ? "another device" : known.join(", ");
  const place = known.length === 1 ? `on ${names}` : "there";
  return new CairnError(
    "usage",
    `"${folder}" is counted on: ${names} ${does} of it that no other device keeps`,
    `First get them back ${place} with: cairn get ${folder}. Or let a further device keep the folder; or remove a device that is gone.`,
  );
}

/** Devices that list what we hold, and of which nobody else who gives its changes has a copy. */
async function listingOnly(
  { ledger: { catalogue } }: Device,
  clock: Pick<Clock, "after">,
  folder: FolderId,
): Promise<DeviceId[]> {
  const members = new Map(
    membersOf(catalogue).map(({ device }) => [catalogue.ids.device(device), device] as const),
  );
  const giving = new Set([...members.keys()].filter((one) => {
    const mode = modeOf(catalogue, one, folder);
    return one !== SELF && mode !== null && givesOwn(mode);
  }));
  const found = new Set<DeviceId>();
  let looked = 0;
  for (const rows of catalogue.everyPath.of(catalogue.ids.folder(folder))) {
    const own = rows.find(({ device }) => device === SELF)?.row;
    if (own?.held === true && own.entry.kind === "file") {
      const isKept = rows.some(({ device, row }) =>
        giving.has(device) && row.held && row.offered && row.entry.content === own.entry.content
      );
      // Whoever lists another version has not heard of this one yet, and will list it.
      const listing = isKept ? [] : rows.filter(({ row }) => isDropped(row));
      for (const { device } of listing) if (members.has(device)) found.add(members.get(device)!);
    }
    if (++looked % TURN_PATHS === 0) await new Promise<void>((resolve) => clock.after(0, resolve));
  }
  return [...found];
}
