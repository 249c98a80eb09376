/** The local API's shapes for what is ignored. */

/** POST /v1/ignored `{paths}`, absolute → IgnoredAnswer. */
export interface IgnoredAnswer {
  readonly schema: "cairn.ignored/1";
  readonly paths: readonly IgnoredPath[];
}

export interface IgnoredPath {
  /** As it was asked. */
  readonly asked: string;
  readonly folder: string;
  readonly path: string;
  readonly isIgnored: boolean;
  /** The line that decides, from 1; 0 where none speaks of it. */
  readonly line: number;
  readonly pattern: string;
  /** What that line speaks of: the path, or a directory above it. */
  readonly of: string;
  /** The file that holds it. */
  readonly file: string;
}

/** POST /v1/ignore → IgnoreAnswer. Without `add` and `remove` it only lists. */
export interface IgnoreRequest {
  readonly folder: string;
  readonly add?: string | null | undefined;
  readonly remove?: string | null | undefined;
}

export interface IgnoreAnswer {
  readonly schema: "cairn.ignore/1";
  readonly folder: string;
  readonly file: string;
  readonly patterns: readonly { readonly line: number; readonly pattern: string }[];
  readonly hasChanged: boolean;
}
