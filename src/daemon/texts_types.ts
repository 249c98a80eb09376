/** The local API's shapes for words in texts. */

/** GET /v1/texts?words=WORDS&limit=N → TextsAnswer. */
export interface TextsRequest {
  /** All of them must be there; `"side by side"`, `begin*`. */
  readonly words: string;
  readonly limit: number;
}

export interface TextsAnswer {
  readonly schema: "cairn.texts/1";
  readonly found: readonly FoundInText[];
  /** Contents whose words are known, of all devices. */
  readonly texts: number;
  /** Contents of this device that wait to be read, as far as its files were looked at. */
  readonly waiting: number;
}

export interface FoundInText {
  /** Content id, hex. */
  readonly content: string;
  /** Lower is better. */
  readonly rank: number;
  readonly snippet: string;
  /** What was found in the snippet: [from, until) in UTF-16 units. */
  readonly marks: readonly (readonly [from: number, until: number])[];
}
