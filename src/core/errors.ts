/**
 * What a caller cannot handle: says what happened, to what, and what to do next.
 * `code` is stable and listed in docs/cli.md; `cli/exit.ts` maps it to an exit code.
 */
export class CairnError extends Error {
  override readonly name = "CairnError";

  constructor(
    readonly code: ErrorCode,
    message: string,
    /** What the reader can do next, one sentence. */
    readonly hint: string = "",
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
  }
}

/** Every code that leaves the program. */
export type ErrorCode =
  | "usage"
  | "not-running"
  | "already-running"
  | "home-unusable"
  | "path-unusable"
  | "folder-overlap"
  | "folder-unknown"
  | "root-foreign"
  | "version-unknown"
  | "content-unreachable"
  | "content-damaged"
  | "not-dropped"
  | "address-malformed"
  | "address-unknown"
  | "address-ambiguous"
  | "busy"
  | "service-unusable"
  | "code-malformed"
  | "code-refused"
  | "no-answer"
  | "protocol-version"
  | "not-a-member"
  | "removed"
  | "suspended"
  | "device-unknown"
  | "files-only-here"
  | "backup-unusable"
  | "library-conflict"
  | "labels-full"
  | "policy-unmeetable"
  | "conflict-unknown"
  | "conflict-unsettled"
  | "journal-broken"
  | "catalogue-broken"
  | "catalogue-newer"
  | "message-invalid"
  | "needs-attention"
  | "network"
  | "internal";

/** The message of whatever was thrown, for logs and causes. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Ends the program's trust in itself: `condition` must hold whatever the input is. */
export function assert(condition: unknown, what: string): asserts condition {
  if (!condition) {
    throw new CairnError("internal", `Internal error: ${what}`, "Please report this with the log.");
  }
}
