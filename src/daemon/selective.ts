/** Which parts of a folder a device keeps (docs/selective.md): the parts that drop, promise and bring back, put together. */
import { copiesAsked, soundDisk } from "../library/asked_copies.ts";
import { modeOf } from "../library/folders.ts";
import { membersOf } from "../library/members.ts";
import { Drops } from "../sync/drops.ts";
import { Promises } from "../sync/promises.ts";
import type { DeviceId } from "../core/ids.ts";
import type { Ledger } from "../journal/ledger.ts";
import type { Local } from "../sync/local_source.ts";
import type { Pauses } from "../sync/pauses.ts";
import type { Sources } from "../sync/sources.ts";
import type { FolderSet } from "./folder_set.ts";

export interface Selective {
  readonly promises: Promises;
  readonly drops: Drops;
}

interface SelectiveDeps {
  readonly ledger: Ledger;
  readonly identity: { readonly id: DeviceId };
  readonly folders: FolderSet;
  readonly local: Local;
  readonly pauses: Pauses;
  readonly sources: Sources;
}

/** To be called when all that it asks of the device is there. */
export function openSelective(deps: SelectiveDeps): Selective {
  const { ledger, sources, local, identity, folders, pauses } = deps;
  const { catalogue } = ledger;
  const drops: Drops = new Drops({
    promises: () => promises,
    session: (number) => sources.with(number),
    name: (number) => {
      const id = catalogue.ids.deviceOf(number);
      return membersOf(catalogue).find((one) => one.device === id)?.name ?? id.slice(0, 8);
    },
    mode: (number, folder) => {
      const id = catalogue.ids.deviceOf(number);
      return membersOf(catalogue).some((one) => one.device === id) ? modeOf(catalogue, number, folder) : null;
    },
    asked: (folder, path, content) => {
      const { copies, on } = copiesAsked(catalogue, folder, path, content);
      const isHere = on.has(identity.id);
      // Who has gone cannot have anything.
      const named = membersOf(catalogue).filter((one) => on.has(one.device) && one.device !== identity.id);
      return { copies, isHere, on: new Set(named.map((one) => catalogue.ids.device(one.device))) };
    },
    disk: (number, folder) => soundDisk(catalogue, number, folder),
  });
  const promises = new Promises({
    ledger,
    replica: (folder) => pauses.holdsFolder(folder) ? null : folders.get(folder)?.replica ?? null,
    isMember: (id) => membersOf(catalogue).some((one) => one.device === id),
    dropping: () => drops.dropping,
    suspect: (replica, path) => local.changed(replica, path),
  });
  return { promises, drops };
}
