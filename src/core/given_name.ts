/** Names that people give to devices and folders: shown in terminals, typed in addresses, and unique in a library (R34). */
import { GIVEN_NAME_CHARACTERS } from "./limits.ts";

/** Why `name` cannot name a device or a folder, or null when it can. */
export function checkGivenName(name: string): string | null {
  if (name === "") return "it is empty";
  if (name.length > GIVEN_NAME_CHARACTERS) return `it is longer than ${GIVEN_NAME_CHARACTERS} characters`;
  if (name.trim() !== name) return "it begins or ends with a space";
  if (/[/:\\]/.test(name)) return "it has a slash, backslash or colon in it";
  return /\p{C}/u.test(name) ? "it has control characters in it" : null;
}

export function isGoodName(name: string): boolean {
  return checkGivenName(name) === null;
}
