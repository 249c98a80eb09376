/** What a scan of the disk tells of itself, and what it asks of the folder that it is a part of. */

export interface ScanProgress {
  readonly checked: number;
  readonly known: number;
}

export interface OutboundEvents {
  /** Something of what `status` tells changed. */
  changed(): void;
  /** All that was dirty has been looked at. */
  scanned(): void;
  /** The root is not what it was (invariant 8): called before anything is concluded from it. */
  checkRoot(): boolean;
  /** What comes into a new directory is told from its beginning on. */
  tellsOfNewDirectories(): boolean;
  /** There is more urgent work than to make sure of what is known. */
  isBusy(): boolean;
}
