/** A library of five devices as one of them knows it: a catalogue with real members and named folders, and rows put in by hand. */
import { Catalogue } from "../../src/catalogue/catalogue.ts";
import type { Row } from "../../src/core/entry.ts";
import type { DeviceId, FolderId } from "../../src/core/ids.ts";
import type { SharedField } from "../../src/core/record.ts";
import { folderField, REPLICA } from "../../src/library/folders.ts";
import { additionField, libraryFoundedBy } from "../../src/library/member_ops.ts";
import { LIBRARY, nameField } from "../../src/library/members.ts";
import type { Asking } from "../../src/library/resolve.ts";
import { createIdentity } from "../../src/peer/identity.ts";
import { realRandom } from "../../src/platform/real/random.ts";
import { bootOf, folderOf, lsnOf, stampOf } from "./entries.ts";

/** In the order of what they hold: the first is the one whose catalogue it is. */
export const NAMES = ["laptop", "desktop", "nas", "phone", "tablet"] as const;
export type Name = typeof NAMES[number];

const identities = await Promise.all(NAMES.map(() => createIdentity(realRandom())));

export const DEVICE_IDS: readonly DeviceId[] = identities.map(({ id }) => id);
export const FOLDERS: readonly { readonly id: FolderId; readonly name: string }[] = [
  { id: folderOf(11), name: "Photos" },
  { id: folderOf(12), name: "Documents" },
  { id: folderOf(13), name: "Music" },
  { id: folderOf(14), name: "Projects" },
];

export function deviceIdOf(name: Name): DeviceId {
  return DEVICE_IDS[NAMES.indexOf(name)]!;
}

/** Members and folders, all with names; every device keeps every folder. */
export function foundLibrary(catalogue: Catalogue): void {
  const [founder] = identities;
  const library = libraryFoundedBy(founder!.id);
  const fields: SharedField[] = [
    ...identities.flatMap(({ id, certificateDer }, i) => [
      additionField(founder!, library, id, certificateDer, stampOf(1024)),
      nameField(id, NAMES[i]!, stampOf(1024), id),
    ]),
    ...FOLDERS.map(({ id, name }) => folderField(id, name, stampOf(1024), founder!.id)),
  ];
  catalogue.applyRecord(lsnOf(1), { type: "local", key: LIBRARY, value: library });
  catalogue.applyRecord(lsnOf(2), { type: "shared", fields });
  for (const device of DEVICE_IDS) {
    const number = catalogue.ids.device(device);
    for (const { id } of FOLDERS) catalogue.values.putFact(number, REPLICA + id, { mode: "sync" }, lsnOf(1));
  }
}

export class Five implements Disposable {
  readonly catalogue: Catalogue;
  readonly online = new Set<Name>();
  readonly asking: Asking;
  readonly #lsns = new Map<Name, number>(NAMES.map((name) => [name, name === "laptop" ? 2 : 0]));

  constructor(path = ":memory:") {
    this.catalogue = new Catalogue(path, DEVICE_IDS[0]!);
    foundLibrary(this.catalogue);
    this.asking = {
      catalogue: this.catalogue,
      self: DEVICE_IDS[0]!,
      isOnline: (device) => this.online.has(NAMES[DEVICE_IDS.indexOf(device)]!),
    };
  }

  /** What a device says of paths of a folder, all with one lsn. */
  say(name: Name, folder: string, rows: readonly Row[]): void {
    const from = this.#lsns.get(name)!;
    this.#lsns.set(name, from + 1);
    const id = FOLDERS.find((one) => one.name === folder)!.id;
    const lsn = lsnOf(from + 1);
    if (name === "laptop") {
      this.catalogue.db.transaction(() =>
        this.catalogue.applyRecord(lsn, {
          type: "rows",
          folder: id,
          cause: "local",
          timeMs: 0,
          closes: lsnOf(0),
          rows,
          fresh: [],
        })
      );
      return;
    }
    const boot = bootOf(NAMES.indexOf(name) + 1);
    this.catalogue.applyPage({
      origin: deviceIdOf(name),
      from: { epoch: 1, boot: from === 0 ? null : boot, lsn: lsnOf(from) },
      to: { epoch: 1, boot, lsn },
      complete: true,
      folders: [{ folder: id, rows: rows.map((row) => ({ lsn, row })) }],
      facts: [],
    });
  }

  [Symbol.dispose](): void {
    this.catalogue.close();
  }
}
