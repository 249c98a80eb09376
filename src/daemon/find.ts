/** Finding files, as the local API asks it: a text becomes a query, by its filters or as a plain question, and the library answers. */
import type { Hono } from "hono";
import * as v from "valibot";
import { CairnError } from "../core/errors.ts";
import { QUERY_CHARACTERS } from "../core/limits.ts";
import { formatQuery, hasFilter, type ParsedQuery, parseQuery } from "../core/query.ts";
import { findFiles, type FindSources } from "../library/find.ts";
import { foldersOf } from "../library/folders.ts";
import { membersOf } from "../library/members.ts";
import type { Questions } from "../library/questions.ts";
import type { Clock } from "../platform/ports.ts";
import { bodyOf } from "./body.ts";
import type { Device } from "./device.ts";
import type { FindAnswer, FindRequest } from "./find_types.ts";
import { askingOf } from "./places.ts";

const MOST_FOUND = 1_000;

const findSchema = v.object({
  text: v.pipe(v.string(), v.maxLength(16 * QUERY_CHARACTERS)),
  plain: v.boolean(),
  limit: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MOST_FOUND)),
});

export interface FindService {
  find(request: FindRequest): Promise<FindAnswer>;
}

export function addFindRoutes(app: Hono, service: FindService): void {
  app.post("/v1/find", async (c) => c.json(await service.find(await bodyOf(c, findSchema))));
}

export interface FindPorts {
  readonly device: Device;
  readonly clock: Clock;
  readonly questions: Questions;
  readonly sources: FindSources;
}

export function findService({ device, clock, questions, sources }: FindPorts): FindService {
  return {
    async find({ text, plain, limit }) {
      // What reads dates is large, and most devices are never asked.
      const [{ readPeriod }, { readQuestion }] = await Promise.all([
        import("../core/periods.ts"),
        import("../core/question.ts"),
      ]);
      const { catalogue } = device.ledger;
      const nowMs = clock.now();
      const wasQuestion = !plain && !hasFilter(text);
      const parsed: ParsedQuery = wasQuestion
        ? readQuestion(text, nowMs, {
          devices: membersOf(catalogue).map(({ name }) => name),
          folders: foldersOf(catalogue).map(({ name }) => name),
        })
        : parseQuery(text, (period) => readPeriod(period, nowMs));
      const { query } = parsed;
      if (query.words.length + query.filters.length === 0) {
        const [problem] = parsed.problems;
        throw new CairnError(
          "usage",
          problem === undefined ? "Nothing is asked for" : `Cannot read ${problem.part}: ${problem.why}`,
          'Give words, filters such as kind:image, or a question such as "videos over 1 GB on the nas".',
        );
      }
      const answer = await questions.ask(findFiles(askingOf(device), query, limit, sources));
      return {
        schema: "cairn.find/1",
        query: formatQuery(query),
        wasQuestion: wasQuestion && query.filters.length > 0,
        ...answer,
        problems: [...parsed.problems, ...answer.problems],
      };
    },
  };
}
