/** A catalogue in memory, of device 1, and pages as other devices would announce them. */
import { Catalogue, type Page } from "../../src/catalogue/catalogue.ts";
import type { Row } from "../../src/core/entry.ts";
import { bootOf, deviceOf, folderOf, lsnOf } from "./entries.ts";

export const FOLDER = folderOf(5);

export interface TestCatalogue extends Disposable {
  readonly catalogue: Catalogue;
  /** The number of `FOLDER`. */
  readonly folder: number;
}

export function memoryCatalogue(): TestCatalogue {
  const catalogue = new Catalogue(":memory:", deviceOf(1));
  const folder = catalogue.ids.folder(FOLDER);
  return { catalogue, folder, [Symbol.dispose]: () => catalogue.close() };
}

export interface PageParts {
  readonly device?: number;
  readonly epoch?: number;
  readonly from?: number;
  readonly to: number;
  readonly complete?: boolean;
  readonly rows?: readonly (readonly [number, Row])[];
  readonly facts?: Page["facts"];
}

export function pageOf(
  { device = 2, epoch = 1, from = 0, to, complete = true, rows = [], facts = [] }: PageParts,
): Page {
  return {
    origin: deviceOf(device),
    from: { epoch, boot: null, lsn: lsnOf(from) },
    to: { epoch, boot: bootOf(device), lsn: lsnOf(to) },
    complete,
    folders: [{ folder: FOLDER, rows: rows.map(([lsn, row]) => ({ lsn: lsnOf(lsn), row })) }],
    facts,
  };
}
