/**
 * Addresses: how people and programs name a file on any device. The one parser and the one printer of the grammar in docs/catalogue.md,
 * in the plain form and as a URI. Pure: what an address means, and whether there is such a thing, is `library/resolve.ts`.
 *
 * 1. `parseAddress(formatAddress(a))` and `parseAddress(formatUri(a))` are `a`, for every address that can be said.
 * 2. Names and paths stand as they were typed, in whatever Unicode form: which entries they may mean is for whoever looks them up.
 * 3. Where the plain form would mean something else (a content, a local path, a URI), `formatAddress` prints the URI.
 */
import { CairnError } from "./errors.ts";
import { checkGivenName } from "./given_name.ts";
import type { RelPath } from "./ids.ts";
import { CONTENT_PREFIX_DIGITS } from "./limits.ts";
import { checkPath, ROOT } from "./path.ts";

export type Address =
  /** A content, by the first digits of its id's digest: lower-case hex, CONTENT_PREFIX_DIGITS to CONTENT_DIGITS. */
  | { readonly kind: "content"; readonly prefix: string }
  /** A path in a folder on a device. Null: any. Without a folder the path is ROOT, and it means the folders there. */
  | {
    readonly kind: "place";
    readonly device: string | null;
    readonly folder: string | null;
    readonly path: RelPath;
  };

export type PlaceAddress = Extract<Address, { readonly kind: "place" }>;

/** The whole library: what an empty address means. */
export const LIBRARY_ADDRESS: PlaceAddress = { kind: "place", device: null, folder: null, path: ROOT };
/** Digits of a whole digest. */
export const CONTENT_DIGITS = 64;

const URI = "cairn://";
const CONTENT_FORMS = /^(?:content:|cairn:content\/)([0-9a-f]+)$/i;
const LOCAL_PATH = /^(?:\/|\.\.?(?:\/|$)|~)/;
const ESCAPED_DOT = "%2E";

/** Whether a word of a command line is a path of this computer, and no address. */
export function isLocalPath(text: string): boolean {
  return LOCAL_PATH.test(text);
}

/** Reads either form. Throws CairnError "address-malformed", which says what is wrong with which part. */
export function parseAddress(text: string): Address {
  const digits = CONTENT_FORMS.exec(text)?.[1];
  if (digits !== undefined) return { kind: "content", prefix: prefixIn(text, digits) };
  if (text.startsWith(URI)) return parseUri(text);
  if (text.startsWith("/")) {
    throw malformed(
      text,
      "it begins with a slash, as a path of this computer does",
      "An address begins with the name of a device or a folder: laptop:Photos/a.jpg or Photos/a.jpg.",
    );
  }
  const [head, path] = cutAt(text, "/");
  const colon = head.indexOf(":");
  const device = colon < 0 ? null : head.slice(0, colon);
  const folder = head.slice(colon + 1);
  if (device === "") {
    throw malformed(
      text,
      "no device stands before the colon",
      "Leave the colon out for any device, or name one.",
    );
  }
  if (folder === "" && path !== null) {
    throw malformed(text, "no folder stands before the slash", "Name one, as in laptop:Photos/a.jpg.");
  }
  return placeOf(text, device, folder === "" ? null : folder, path);
}

function prefixIn(text: string, digits: string): string {
  if (digits.length < CONTENT_PREFIX_DIGITS) {
    throw malformed(
      text,
      `a content is named by ${CONTENT_PREFIX_DIGITS} digits at least`,
      "Give more of them; `cairn stat` shows all.",
    );
  }
  if (digits.length > CONTENT_DIGITS) {
    throw malformed(
      text,
      `a content has ${CONTENT_DIGITS} digits and not ${digits.length}`,
      "Give the first of them.",
    );
  }
  return digits.toLowerCase();
}

function parseUri(text: string): Address {
  const mark = /[?#]/.exec(text)?.[0];
  if (mark !== undefined) {
    throw malformed(text, `a URI of Cairn has no "${mark}"`, `In a name write ${encodeURIComponent(mark)}.`);
  }
  const [device, rest] = cutAt(text.slice(URI.length), "/");
  const [folder, path] = cutAt(rest ?? "", "/");
  if (folder === "" && path !== null) {
    throw malformed(text, "no folder stands between the slashes", "Name one: cairn://laptop/Photos/a.jpg.");
  }
  const plain = path?.split("/").map((name) => unescaped(text, name));
  if (plain?.some((name) => name.includes("/"))) {
    throw malformed(text, "a name contains a slash, written as %2F", "No file can have such a name.");
  }
  return placeOf(
    text,
    device === "" ? null : unescaped(text, device),
    folder === "" ? null : unescaped(text, folder),
    plain?.join("/") ?? null,
  );
}

function unescaped(text: string, part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw malformed(
      text,
      `"${part}" is not percent-encoded UTF-8`,
      "A percent sign in a name is written as %25.",
    );
  }
}

function placeOf(text: string, device: string | null, folder: string | null, path: string | null): Address {
  checkName(text, "device", device);
  checkName(text, "folder", folder);
  // `Photos/2024/` is what completing a name leaves behind.
  const inside = (path ?? "").replace(/\/$/, "");
  const wrong = inside === "" ? null : checkPath(inside);
  if (wrong !== null) {
    throw malformed(
      text,
      `"${inside}" is no path in a folder: ${wrong}`,
      "Give the path from the folder on, without . and ..",
    );
  }
  return { kind: "place", device, folder, path: inside as RelPath };
}

function checkName(text: string, of: "device" | "folder", name: string | null): void {
  const wrong = name === null ? null : checkGivenName(name);
  if (wrong === null) return;
  const hint = of === "device"
    ? "`cairn devices` lists their names."
    : "`cairn folders` lists their names; a colon stands behind the device alone.";
  throw malformed(text, `"${name}" cannot be the name of a ${of}: ${wrong}`, hint);
}

/** What stands before the first `mark`, and what behind; null where there is none. */
function cutAt(text: string, mark: string): [string, string | null] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, null] : [text.slice(0, at), text.slice(at + 1)];
}

function malformed(text: string, what: string, hint: string): CairnError {
  return new CairnError("address-malformed", `Cannot read the address "${text}": ${what}`, hint);
}

// -------------------------------------------------------------------------------- printing

/** The plain form, as people type it. */
export function formatAddress(address: Address): string {
  if (address.kind === "content") return `content:${address.prefix}`;
  const { device, folder, path } = address;
  const plain = `${device === null ? "" : `${device}:`}${folder ?? ""}${path === "" ? "" : `/${path}`}`;
  return isLocalPath(plain) || CONTENT_FORMS.test(plain) ? formatUri(address) : plain;
}

/** The URI, for other programs. */
export function formatUri(address: Address): string {
  if (address.kind === "content") return `cairn:content/${address.prefix}`;
  const { device, folder, path } = address;
  const names = [...folder === null ? [] : [folder], ...path === "" ? [] : path.split("/")];
  return `${URI}${escaped(device ?? "")}/${names.map(escaped).join("/")}`;
}

/** Names of nothing but dots would be taken for steps by whoever else reads the URI. */
function escaped(name: string): string {
  return /^\.{1,2}$/.test(name) ? name.replaceAll(".", ESCAPED_DOT) : encodeURIComponent(name);
}
