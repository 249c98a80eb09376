/** The local API's shapes for settings of folders. */

/** GET /v1/folders/NAME/settings → FolderSettingsAnswer; PUT with `{name, value}` sets one and answers the same. */
export interface FolderSettingsAnswer {
  readonly folder: string;
  readonly settings: readonly FolderSetting[];
}

export interface FolderSetting {
  readonly name: string;
  readonly value: string | number;
  /** As it would be typed. */
  readonly text: string;
  /** What holds unless it is set. */
  readonly initial: string | number;
  readonly initialText: string;
  /** The same on all devices; else this device's own. */
  readonly isShared: boolean;
  readonly meaning: string;
}

export interface SetSettingRequest {
  readonly folder: string;
  readonly name: string;
  /** As people type it. */
  readonly value: string;
}
