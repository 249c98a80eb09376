/** When the files of a folder were read again, and what was found: `FolderStatus.scrub`. */
export interface ScrubStatus {
  /** When the last pass was over; 0: none was yet. */
  readonly passedMs: number;
  /** When the present one began; null: none goes on. */
  readonly runningSinceMs: number | null;
  /** Of the present pass, or the last. */
  readonly files: number;
  readonly bytes: number;
  /** Damaged files that no copy was there for yet, and those that were healed within thirty days. */
  readonly atRisk: number;
  readonly healed: number;
}
