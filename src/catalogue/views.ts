/** What people's questions read of the catalogue, over all devices. Nothing of it is needed for sync. */
import { CopiesOf } from "./copies_of.ts";
import type { Database } from "./database.ts";
import { Hits } from "./hits.ts";
import type { Interning } from "./interning.ts";
import { Listings } from "./listings.ts";
import { Names } from "./names.ts";
import { Usages } from "./usage.ts";

export class Views {
  readonly listings: Listings;
  readonly copies: CopiesOf;
  readonly usages: Usages;
  readonly names: Names;
  readonly hits: Hits;

  constructor(db: Database, ids: Interning) {
    this.listings = new Listings(db, ids);
    this.copies = new CopiesOf(db, ids);
    this.usages = new Usages(db);
    this.names = new Names(db);
    this.hits = new Hits(db);
  }
}
