/** The local API's shapes for tags and notes. */
import type { PlaceAsked } from "./places_types.ts";

/** POST /v1/labels → LabelsAnswer: what is said of a file, after the changes that are asked for. */
export interface LabelsRequest {
  readonly place: PlaceAsked;
  /** Of the place, whatever content comes to stand there; else of the content, and so of every copy of it. What has no content is a place. */
  readonly ofPlace: boolean;
  readonly on: readonly string[];
  readonly off: readonly string[];
  /** Null: stays; "": goes. */
  readonly note: string | null;
}

export interface LabelsAnswer {
  readonly schema: "cairn.tag/1";
  readonly address: string;
  /** Null of what has none, such as a directory. */
  readonly content: string | null;
  readonly tags: readonly string[];
  readonly note: string;
  /** What is said of the place itself. */
  readonly placeTags: readonly string[];
  readonly placeNote: string;
}

/** GET /v1/tags → TagsAnswer */
export interface TagsAnswer {
  readonly schema: "cairn.tags/1";
  /** In their order. count: contents and places that have it. */
  readonly tags: readonly { readonly tag: string; readonly count: number }[];
}
