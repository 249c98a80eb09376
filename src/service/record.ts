/**
 * What is known in the home of the service that was installed for it: so that a program which was moved or replaced can see that
 * the service names another one.
 */
import * as v from "valibot";
import { KINDS } from "./description.ts";

const schema = v.object({
  format: v.literal(1),
  kind: v.picklist(KINDS),
  command: v.pipe(v.array(v.string()), v.minLength(1)),
  version: v.string(),
});

export type ServiceRecord = v.InferOutput<typeof schema>;

export function encodeRecord(record: Omit<ServiceRecord, "format">): string {
  return JSON.stringify({ format: 1, ...record }, null, 2) + "\n";
}

/** Null for what is no record of ours: it is made anew by the next install. */
export function decodeRecord(text: string): ServiceRecord | null {
  try {
    return v.parse(schema, JSON.parse(text));
  } catch {
    return null;
  }
}

/** What runs now. */
export interface Present {
  readonly command: readonly string[];
  readonly version: string;
  exists(path: string): boolean;
}

/**
 * Why the service should name the present program: what it names is `gone`, or is of a version `before` this one. Null where all is well; an
 * older or an equal program somewhere else leaves the service as it is.
 */
export function reasonToMend(record: ServiceRecord, present: Present): "gone" | "before" | null {
  if (isSame(record.command, present.command) && record.version === present.version) return null;
  if (goneFrom(record.command, present.exists) !== null) return "gone";
  return compareVersions(record.version, present.version) < 0 ? "before" : null;
}

/** The first file that the command names and that is no more. */
export function goneFrom(command: readonly string[], exists: (path: string) => boolean): string | null {
  return command.find((word) => /^(\/|[A-Za-z]:[\\/])/.test(word) && !exists(word)) ?? null;
}

/** What a keeper starts next: its own program, unless that was moved meanwhile and the service names one that is there. */
export function commandToRun(
  own: readonly string[],
  record: ServiceRecord | null,
  exists: (path: string) => boolean,
): readonly string[] {
  const isOwnGone = goneFrom(own, exists) !== null;
  return isOwnGone && record !== null && goneFrom(record.command, exists) === null ? record.command : own;
}

export function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((word, i) => word === b[i]);
}

/** By their numbers; what follows a minus comes before the version without it. */
export function compareVersions(a: string, b: string): number {
  const parts = (text: string) => {
    const [numbers = "", ...before] = text.split("+")[0]!.split("-");
    return { numbers: numbers.split(".").map((n) => Number.parseInt(n, 10) || 0), before: before.join("-") };
  };
  const [left, right] = [parts(a), parts(b)];
  for (let i = 0; i < Math.max(left.numbers.length, right.numbers.length); i++) {
    const difference = (left.numbers[i] ?? 0) - (right.numbers[i] ?? 0);
    if (difference !== 0) return Math.sign(difference);
  }
  if (left.before === right.before) return 0;
  if (left.before === "") return 1;
  if (right.before === "") return -1;
  return left.before < right.before ? -1 : 1;
}
