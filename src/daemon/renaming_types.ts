/** The local API's shapes for new names and places. */

/** POST /v1/folders/rename, /v1/devices/rename → RenameAnswer. */
export interface RenameRequest {
  /** A folder's or device's present name, or the first digits of a device's id. */
  readonly of: string;
  readonly name: string;
}
export interface RenameAnswer {
  readonly id: string;
  readonly from: string;
  readonly name: string;
}

/** POST /v1/folders/move → MoveAnswer, when the folder goes on at its new path. */
export interface MoveRequest {
  readonly folder: string;
  /** Absolute local path. */
  readonly to: string;
}
export interface MoveAnswer {
  readonly folder: { readonly id: string; readonly name: string; readonly path: string };
  readonly from: string;
  /** Somebody had moved it before. */
  readonly wasThere: boolean;
}
