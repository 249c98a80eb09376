/** Reads a request's body by its schema. */
import type { Context } from "hono";
import * as v from "valibot";
import { CairnError } from "../core/errors.ts";

/** Throws CairnError "usage". */
export async function bodyOf<Schema extends v.GenericSchema>(
  c: Context,
  schema: Schema,
): Promise<v.InferOutput<Schema>> {
  let body: unknown;
  try {
    body = await c.req.json();
  } catch (cause) {
    throw new CairnError("usage", "The body is not JSON", "", cause);
  }
  const read = v.safeParse(schema, body);
  if (!read.success) throw new CairnError("usage", `The body is not as expected: ${read.issues[0].message}`);
  return read.output;
}
