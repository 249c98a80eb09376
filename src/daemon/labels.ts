/** Tags and notes as a person sees and sets them (library/labelling.ts). */
import type { Hono } from "hono";
import * as v from "valibot";
import { formatAddress } from "../core/address.ts";
import { CairnError } from "../core/errors.ts";
import type { ContentId } from "../core/ids.ts";
import { isNote, type Labelled, tagFrom } from "../core/label.ts";
import { NOTE_CHARACTERS, RECORD_LABELS, TAG_CHARACTERS } from "../core/limits.ts";
import { ROOT } from "../core/path.ts";
import { label, labelsAt } from "../library/labelling.ts";
import type { Work } from "../library/questions.ts";
import { contentCalled, resolvePlace } from "../library/resolve.ts";
import { bodyOf } from "./body.ts";
import type { LabelsAnswer, LabelsRequest, TagsAnswer } from "./labels_types.ts";
import { addressAskedFor, askingOf, placeSchema, type PlacesPorts } from "./places.ts";

export interface LabelsService {
  /** Durable when it is answered. Throws CairnError "usage" for what cannot be a tag or a note, and "labels-full". */
  labels(request: LabelsRequest): Promise<LabelsAnswer>;
  tags(): TagsAnswer;
}

const tags = v.pipe(v.array(v.pipe(v.string(), v.maxLength(2 * TAG_CHARACTERS))), v.maxLength(RECORD_LABELS));
const labelsSchema = v.object({
  place: placeSchema,
  ofPlace: v.boolean(),
  on: tags,
  off: tags,
  note: v.nullable(v.pipe(v.string(), v.maxLength(2 * NOTE_CHARACTERS))),
});

export function addLabelRoutes(app: Hono, service: LabelsService): void {
  app.post("/v1/labels", async (c) => c.json(await service.labels(await bodyOf(c, labelsSchema))));
  app.get("/v1/tags", (c) => c.json(service.tags()));
}

/** What an address is of: its content, and its place. */
interface Meant {
  readonly address: string;
  readonly content: ContentId | null;
  readonly place: Extract<Labelled, { readonly kind: "place" }> | null;
}

export function labelsService(ports: PlacesPorts): LabelsService {
  const { device: { ledger, identity }, questions } = ports;
  const asking = askingOf(ports.device);
  const meant = (request: LabelsRequest) =>
    questions.ask(function* (): Work<Meant> {
      const address = addressAskedFor(ports, request.place);
      if (address.kind === "content") {
        const content = contentCalled(asking, address.prefix);
        return {
          address: formatAddress({ kind: "content", prefix: content.slice(2) }),
          content,
          place: null,
        };
      }
      const { device, folder, path, entry } = yield* resolvePlace(asking, address);
      if (folder === null || path === ROOT) {
        throw new CairnError(
          "usage",
          "A folder as a whole has no tags",
          "Tag what is in it, or set a policy for it: cairn guard set FOLDER --copies 2",
        );
      }
      return {
        address: formatAddress({ kind: "place", device: device?.name ?? null, folder: folder.name, path }),
        content: entry?.content ?? null,
        place: { kind: "place", folder: folder.id, path },
      };
    }());
  return {
    async labels(request) {
      const { address, content, place } = await meant(request);
      const [on, off] = [request.on.map(tagOrRefuse), request.off.map(tagOrRefuse)];
      const { note } = request;
      if (note !== null && note !== "" && !isNote(note)) {
        throw new CairnError(
          "usage",
          "That cannot be a note",
          `A note is text of up to ${NOTE_CHARACTERS} characters without control characters.`,
        );
      }
      if (on.length + off.length > 0 || note !== null) {
        // What has no content, such as a directory, is tagged as a place.
        const labelled: Labelled | null = request.ofPlace || content === null
          ? place
          : { kind: "content", content };
        if (labelled === null) {
          throw new CairnError("usage", `${address} is a content and no place`, "Leave --path out.");
        }
        await label(ledger, identity.id, [{ labelled, on, off, note }]);
      }
      return { schema: "cairn.tag/1", address, content, ...labelsAt(asking.catalogue, content, place) };
    },
    tags: () => ({ schema: "cairn.tags/1", tags: asking.catalogue.labels.tags() }),
  };
}

function tagOrRefuse(text: string): string {
  const tag = tagFrom(text);
  if (tag !== null) return tag;
  throw new CairnError(
    "usage",
    `"${text}" cannot be a tag`,
    "A tag is a word without spaces, colons or quotes; parts of it stand between slashes, as in work/tax.",
  );
}
