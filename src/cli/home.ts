/**
 * Where a device keeps its identity, journal and catalogue, and how paths given by a person become absolute.
 */
import { CairnError } from "../core/errors.ts";
import { isAbsolute, join, normalize, resolve } from "node:path";

type Env = (name: string) => string | undefined;

/** The home by `--home`, else CAIRN_HOME, else the platform's convention; absolute. */
export function homeFor(option: string | undefined, env: Env, os: string, cwd: string): string {
  const given = option || env("CAIRN_HOME");
  return given ? absolutePath(given, env, cwd) : defaultHome(os, env);
}

/** The platform's place for a program's own data. */
export function defaultHome(os: string, env: Env): string {
  if (os === "windows") {
    const local = env("LOCALAPPDATA");
    if (local) return join(local, "Cairn");
  } else {
    // The XDG rule: a relative value is invalid and is not looked at.
    const data = env("XDG_DATA_HOME");
    if (os !== "darwin" && data && isAbsolute(data)) return join(data, "cairn");
    const home = userHome(env);
    if (home) {
      return os === "darwin"
        ? join(home, "Library/Application Support/Cairn")
        : join(home, ".local/share/cairn");
    }
  }
  throw new CairnError(
    "home-unusable",
    "Cannot tell where this user's data is kept",
    "Name a directory for Cairn: cairn --home DIR …",
  );
}

/** The user's own directory. */
export function userHome(env: Env): string | undefined {
  return env("HOME") || env("USERPROFILE") || undefined;
}

/**
 * A path as typed, made absolute. A leading `~/` that the shell left alone (quotes, Windows) means the
 * user's directory: nobody wants a directory named `~`.
 */
export function absolutePath(path: string, env: Env, cwd: string): string {
  const home = userHome(env);
  if (home && (path === "~" || /^~[/\\]/.test(path))) return normalize(join(home, path.slice(1)));
  return resolve(cwd, path);
}
