/** Tags and notes as shared records: which a member may say, and the fields that make a change. The last word on each tag of each thing holds. */
import type { Catalogue } from "../catalogue/catalogue.ts";
import { inRecords, withRoom } from "../catalogue/quota.ts";
import { NOTE, TAG } from "../catalogue/values.ts";
import { CairnError } from "../core/errors.ts";
import type { ContentId, DeviceId, FolderId, RelPath } from "../core/ids.ts";
import { isNote, isTag, labelKey, type Labelled, labelledBy } from "../core/label.ts";
import type { SharedField } from "../core/record.ts";
import type { Ledger } from "../journal/ledger.ts";

/** The field of a note's record. */
const TEXT = "text";

export interface Labels {
  readonly tags: readonly string[];
  /** "" when there is none. */
  readonly note: string;
}

export interface LabelChange {
  readonly labelled: Labelled;
  /** Tags as `core/label.ts` keeps them. */
  readonly on: readonly string[];
  readonly off: readonly string[];
  /** Null: stays as it is; "": goes. */
  readonly note: string | null;
}

/** Whether a tag or note may be taken in: of something that can be, and as it is kept. */
export function isAcceptableLabel({ kind, key, field, value }: SharedField): boolean {
  if (labelledBy(key) === null) return false;
  if (kind === TAG) return isTag(field) && (value === true || value === null);
  return field === TEXT && (value === null || (typeof value === "string" && isNote(value)));
}

export function labelsOf({ values }: Catalogue, labelled: Labelled): Labels {
  const key = labelKey(labelled);
  const note = values.shared(NOTE, key, TEXT)?.value;
  return {
    tags: values.sharedOf(TAG, key).flatMap(({ field, value }) => value === true ? [field] : []),
    note: typeof note === "string" ? note : "",
  };
}

/** What is said of a file: of its content, and of its place. */
export interface LabelsAt extends Labels {
  readonly placeTags: readonly string[];
  readonly placeNote: string;
}

export function labelsAt(
  catalogue: Catalogue,
  content: ContentId | null,
  place: { readonly folder: FolderId; readonly path: RelPath } | null,
): LabelsAt {
  const none: Labels = { tags: [], note: "" };
  const ofContent = content === null ? none : labelsOf(catalogue, { kind: "content", content });
  const ofPlace = place === null ? none : labelsOf(catalogue, { kind: "place", ...place });
  return { ...ofContent, placeTags: ofPlace.tags, placeNote: ofPlace.note };
}

/**
 * Makes changes of tags and notes; durable when it resolves. Throws CairnError "labels-full" where there is no room for all of them: then those
 * before are made.
 */
export async function label(
  ledger: Ledger,
  device: DeviceId,
  changes: readonly LabelChange[],
): Promise<void> {
  const fields = changes.flatMap((change) => fieldsOf(ledger, device, change));
  for (const some of inRecords(fields)) {
    if (withRoom(ledger.catalogue, some).length < some.length) {
      throw new CairnError(
        "labels-full",
        "The library has no room for more tags and notes",
        "See `cairn tags`, and take off what nobody needs.",
      );
    }
    await ledger.commit({ type: "shared", fields: some });
  }
}

function fieldsOf(ledger: Ledger, writer: DeviceId, { labelled, on, off, note }: LabelChange): SharedField[] {
  const { values } = ledger.catalogue;
  const key = labelKey(labelled);
  const set = (kind: string, field: string, value: unknown): SharedField[] => {
    const there = values.shared(kind, key, field);
    if ((there?.value ?? null) === value) return [];
    const stamp = ledger.mintStamp(there?.stamp);
    return [{ kind, key, field, value, stamp, writer }];
  };
  return [
    ...on.flatMap((tag) => set(TAG, tag, true)),
    ...off.flatMap((tag) => set(TAG, tag, null)),
    ...note === null ? [] : set(NOTE, TEXT, note === "" ? null : note),
  ];
}
