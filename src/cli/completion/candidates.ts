/**
 * What can stand where a value is wanted: names that the running device tells, and what lies on this disk. Whoever types waits for
 * it: what is not there within NAMES_MS is not offered, and nothing here is ever an error.
 */
import { ASKED_KINDS, KEYS } from "../../core/query.ts";
import { isLocalPath } from "../../core/address.ts";
import { type Client, connect } from "../client.ts";
import type { Context } from "../context.ts";
import { formatBytes, formatTime } from "../format.ts";
import { absolutePath, homeFor } from "../home.ts";
import type { Located } from "./locate.ts";
import type { ValueKind } from "./values.ts";

/** A word that may stand there. One that ends with `/` or `:` goes on. */
export interface Candidate {
  readonly value: string;
  readonly note: string;
}

/** Asks the device, which answers from memory; nobody waits longer for a key. */
const NAMES_MS = 300;
/** More than anybody reads; those behind come with a further letter. */
const NAMES_MOST = 1_000;
const VERSIONS_MOST = 50;

/** Candidates of one kind, unsorted and with others among them that do not begin so. */
export async function candidatesOf(
  kind: ValueKind,
  located: Located,
  context: Context,
): Promise<readonly Candidate[]> {
  const ask = SOURCES[kind];
  if (ask === undefined) return [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<readonly Candidate[]>((resolve) => {
    timer = setTimeout(() => resolve([]), NAMES_MS);
  });
  try {
    const home = homeFor(located.given.get("--home"), context.env, Deno.build.os, Deno.cwd());
    return await Promise.race([ask(connect(home), located, context), late]);
  } catch {
    // No device runs, or it has nothing to say of this: the person goes on typing.
    return [];
  } finally {
    clearTimeout(timer);
  }
}

type Source = (client: Client, located: Located, context: Context) => Promise<readonly Candidate[]>;

const SOURCES: Readonly<Partial<Record<ValueKind, Source>>> = {
  address: addresses,
  "any-setting": async () =>
    (await import("../../library/settings_table.ts")).ALL_SETTINGS.map(({ name, meaning }) => ({
      value: name,
      note: meaning,
    })),
  device: async (client) => devicesIn(await client.status()),
  folder: async (client) => foldersIn(await client.status()),
  "folder-elsewhere": async (client) =>
    (await client.folders()).notHere.map(({ name, elsewhere }) => ({
      value: name,
      note: `on ${elsewhere.map(({ device }) => device).join(", ")}`,
    })),
  query,
  scope: async (client, { typed }) => [
    { value: "all", note: "all files" },
    ...typed.startsWith("tag:") ? await tagged(client, "tag:") : [{ value: "tag:", note: "what has a tag" }],
    ...foldersIn(await client.status()),
  ],
  setting: async (client, { operands }) =>
    (await client.folderSettings(operands[0] ?? "")).settings.map(({ name, meaning }) => ({
      value: name,
      note: meaning,
    })),
  "tag-changes": async (client) => [...await tagged(client, "+"), ...await tagged(client, "-")],
  version: async (client, { operands }, { env }) => {
    const path = absolutePath(operands[0] ?? ".", env, Deno.cwd());
    const { versions } = await client.versions({ path, limit: VERSIONS_MOST });
    return versions.map(({ id, sinceMs, size }) => ({
      value: id,
      note: `${formatTime(sinceMs)}, ${formatBytes(size)}`,
    }));
  },
};

type StatusTold = Awaited<ReturnType<Client["status"]>>;

function devicesIn({ device, peers }: StatusTold): Candidate[] {
  return [
    { value: device.name, note: "this device" },
    ...peers.map(({ name, connected }) => ({ value: name, note: connected ? "connected" : "not connected" })),
  ];
}

function foldersIn({ folders }: StatusTold): Candidate[] {
  return folders.map(({ name, path }) => ({ value: name, note: path }));
}

async function tagged(client: Client, before: string): Promise<Candidate[]> {
  return (await client.labels.tags()).tags.map(({ tag }) => ({ value: before + tag, note: "" }));
}

/** `laptop:Photos/20` is asked of `laptop:Photos`; a first part may be a device or a folder. */
async function addresses(client: Client, { typed }: Located): Promise<Candidate[]> {
  if (isLocalPath(typed)) return [];
  const slash = typed.lastIndexOf("/");
  const cut = slash >= 0 ? slash : typed.indexOf(":");
  const [head, name] = [typed.slice(0, cut + 1), typed.slice(cut + 1)];
  const listing = slash < 0
    // Folders are few, and all are told.
    ? await client.places.ls({ place: { address: head }, after: "", limit: NAMES_MOST })
    : await client.places.ls({ place: { address: head }, after: justBefore(name), limit: NAMES_MOST });
  const found = listing.entries.map(({ name, kind, size, devices }) => ({
    value: head + name + (kind === "file" || kind === "symlink" ? "" : "/"),
    note: kind === "file" ? formatBytes(size) : kind === "folder" ? `folder on ${devices.join(", ")}` : kind,
  }));
  if (head !== "") return found;
  const devices = devicesIn(await client.status());
  return [...found, ...devices.map(({ value, note }) => ({ value: `${value}:`, note: `device, ${note}` }))];
}

/** The greatest name, in the order of bytes, before all that begin with `name`. */
function justBefore(name: string): string {
  const last = [...name].at(-1);
  if (last === undefined) return "";
  const before = last.codePointAt(0)! - 1;
  // Below U+E000 there are surrogates, which are no characters.
  const code = before >= 0xd800 && before <= 0xdfff ? 0xd7ff : before;
  return `${name.slice(0, -last.length)}${String.fromCodePoint(code)}\u{10ffff}`;
}

/** `kind:video`, `-device:nas`: the filters of `find`, and what can stand behind them. */
async function query(client: Client, { typed }: Located): Promise<Candidate[]> {
  const minus = typed.startsWith("-") ? "-" : "";
  const key = /^-?([a-z]+):/.exec(typed)?.[1];
  const of = (values: readonly Candidate[]) =>
    values.map(({ value, note }) => ({
      // The query has quotes of its own for what has blanks in it.
      value: `${minus}${key}:${/[\s"]/.test(value) ? `"${value.replaceAll('"', "")}"` : value}`,
      note,
    }));
  if (key === undefined) {
    return typed === "" ? [] : KEYS.map((one) => ({ value: `${minus}${one}:`, note: "" }));
  }
  if (key === "kind") return of(ASKED_KINDS.map((value) => ({ value, note: "" })));
  if (key === "dup") return of(["yes", "no"].map((value) => ({ value, note: "" })));
  if (key === "device") return of(devicesIn(await client.status()));
  if (key === "folder") return of(foldersIn(await client.status()));
  return key === "tag" ? of(await tagged(client, "")) : [];
}

/** Names on this disk; directories go on with a slash. What begins with a dot is told when a dot is typed. */
export function localPaths(typed: string, directoriesOnly: boolean, { env }: Context): Candidate[] {
  const cut = typed.lastIndexOf("/") + 1;
  const [head, begun] = [typed.slice(0, cut), typed.slice(cut)];
  if (head === "" && typed === "~") return [{ value: "~/", note: "" }];
  try {
    const directory = absolutePath(head === "" ? "." : head, env, Deno.cwd());
    const found: Candidate[] = [];
    for (const entry of Deno.readDirSync(directory)) {
      if (!entry.name.startsWith(begun) || (entry.name.startsWith(".") && !begun.startsWith("."))) continue;
      const isDirectory = entry.isDirectory || (entry.isSymlink && leadsToDirectory(directory, entry.name));
      if (!isDirectory && directoriesOnly) continue;
      found.push({ value: head + entry.name + (isDirectory ? "/" : ""), note: "" });
      if (found.length === NAMES_MOST) break;
    }
    return found;
  } catch {
    return [];
  }
}

function leadsToDirectory(directory: string, name: string): boolean {
  try {
    return Deno.statSync(`${directory}/${name}`).isDirectory;
  } catch {
    return false;
  }
}
