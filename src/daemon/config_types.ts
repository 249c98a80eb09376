/** The local API's shapes for all settings: GET and PUT /v1/config. */

/** GET /v1/config[?folder=NAME] → ConfigAnswer: the device's settings and those of its folders, or of the one folder alone. */
export interface ConfigAnswer {
  readonly schema: "cairn.config/1";
  readonly settings: readonly ConfigSetting[];
}

export interface ConfigSetting {
  readonly name: string;
  readonly scope: "device" | "folder";
  /** The folder whose setting it is; null of the device's. */
  readonly folder: string | null;
  /** The other device for which alone it was said; null for all. */
  readonly device: string | null;
  readonly value: string | number | null;
  /** As it would be typed. */
  readonly text: string;
  /** What holds unless it is set; null where the program chooses. */
  readonly initial: string | number | null;
  readonly initialText: string;
  /** The same on all devices; else this device's own. */
  readonly isShared: boolean;
  readonly holds: "at once" | "from the next start";
  /** What holds still, where that is something else; "" elsewhere. */
  readonly now: string;
  readonly meaning: string;
}

/** PUT /v1/config → ConfigAnswer with that setting. */
export interface ConfigRequest {
  readonly name: string;
  /** As people type it; null unsets it. */
  readonly value: string | null;
  /** Of a folder's setting, which. */
  readonly folder: string | null;
  /** For one other device alone. */
  readonly device: string | null;
}
