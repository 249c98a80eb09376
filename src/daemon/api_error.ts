/** Any error as the local API tells it. */
import { CairnError, messageOf } from "../core/errors.ts";
import { FsError } from "../platform/ports.ts";
import type { ApiError } from "./api_types.ts";

export function apiError(error: unknown): ApiError {
  if (error instanceof CairnError) return { code: error.code, message: error.message, hint: error.hint };
  if (error instanceof FsError) {
    return {
      code: "path-unusable",
      message: `The disk refuses (${error.message})`,
      hint: "Mend that, and ask again.",
    };
  }
  return {
    code: "internal",
    message: `Internal error: ${messageOf(error)}`,
    hint: "Please report this with the log.",
  };
}
