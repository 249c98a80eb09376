/** The local API's shapes for pauses. */

/** POST /v1/pause → PauseAnswer. */
export interface PauseRequest {
  /** `any`: a folder or a device, whichever has the name. */
  readonly kind: "all" | "folder" | "device" | "any";
  /** A folder's name, id or path here; a device's name or the first digits of its id; "" for all. */
  readonly name: string;
  /** False ends the pause. */
  readonly isPaused: boolean;
}

export interface PauseAnswer {
  readonly schema: "cairn.pause/1";
  readonly kind: "all" | "folder" | "device";
  /** "" for all. */
  readonly name: string;
  readonly isPaused: boolean;
  /** False: it was so before. */
  readonly hasChanged: boolean;
  /** What is paused beside that, each for itself. */
  readonly paused: {
    readonly all: boolean;
    readonly folders: readonly string[];
    readonly devices: readonly string[];
  };
}
