/** Names as different disks take them. */

/** What two names have in common that are one name on this disk. */
export type Fold = (name: string) => string;

export function foldOf(caseInsensitive: boolean, normalizing: boolean): Fold {
  if (!caseInsensitive && !normalizing) return (name) => name;
  return (name) => {
    if (isPlain(name)) return caseInsensitive ? name.toLowerCase() : name;
    const form = normalizing ? name.normalize("NFD") : name;
    return caseInsensitive ? form.toLowerCase() : form;
  };
}

function isPlain(name: string): boolean {
  for (let i = 0; i < name.length; i++) if (name.charCodeAt(i) > 0x7e) return false;
  return true;
}

const NAME_BYTES = 255;
const encoder = new TextEncoder();

export function isTooLong(name: string): boolean {
  return name.length * 3 > NAME_BYTES && encoder.encode(name).length > NAME_BYTES;
}

export function byteLength(text: string): number {
  return isPlain(text) ? text.length : encoder.encode(text).length;
}

const DEVICES = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)/i;
// deno-lint-ignore no-control-regex
const FORBIDDEN = /[\x00-\x1f<>:"|?*\\]|[. ]$/;

/** Names that Windows does not take: `CON`, `a:b`, a trailing dot or space, control characters. */
export function isReservedOnWindows(name: string): boolean {
  return FORBIDDEN.test(name) || DEVICES.test(name);
}
