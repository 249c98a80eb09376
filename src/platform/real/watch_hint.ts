/** Which hints leave the watcher. */

/** The one file below `ignoreTop` that is reported: whoever touches it learns that the watcher is alive. */
export const CANARY_NAME = "canary";

/** The hint for a path relative to the root, or null when it is one to leave out. */
export function hintOf(path: string, ignoreTop: string): string | null {
  if (path !== ignoreTop && !path.startsWith(`${ignoreTop}/`)) return path;
  return path === `${ignoreTop}/${CANARY_NAME}` ? path : null;
}
