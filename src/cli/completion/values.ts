/**
 * What an operand or an option's value is, where the commands do not say so by `choices`. One table: a name means the same in all
 * commands, unless the command says otherwise. A test walks all commands and tells what is missing here.
 */
export type ValueKind =
  /** `laptop:Photos/a.jpg`, or a path of this computer. */
  | "address"
  | "command"
  | "device"
  | "directory"
  | "folder"
  /** A folder of the library that this device has not. */
  | "folder-elsewhere"
  | "path"
  /** Filters of `find`. */
  | "query"
  /** What a policy holds for. */
  | "scope"
  /** A setting of the folder that stands before it. */
  | "setting"
  /** One of the settings of folder and device. */
  | "any-setting"
  /** `+work`, `-draft`. */
  | "tag-changes"
  /** A former content of the path that stands before it. */
  | "version"
  /** Numbers, times, words of one's own: there is nothing to offer. */
  | "anything";

/** By the operand's name, or the option's long one. */
const EVERYWHERE: Readonly<Record<string, readonly ValueKind[]>> = {
  address: ["address"],
  changes: ["tag-changes"],
  code: ["anything"],
  command: ["command"],
  file: ["address"],
  folder: ["folder"],
  path: ["path"],
  new: ["anything"],
  pattern: ["anything"],
  patterns: ["anything"],
  scope: ["scope"],
  to: ["path"],
  value: ["anything"],
  what: ["folder", "device"],
  words: ["query"],
  "--at": ["anything"],
  "--copies": ["anything"],
  "--depth": ["anything"],
  "--device": ["device"],
  "--folder": ["folder"],
  "--home": ["directory"],
  "--limit": ["anything"],
  "--min-size": ["anything"],
  "--name": ["anything"],
  "--note": ["anything"],
  "--on": ["device"],
  "--passphrase-file": ["path"],
  "--port": ["anything"],
  "--run-as": ["anything"],
  "--to": ["path"],
  "--verified": ["anything"],
};

/** In one command: `folders set key`. */
const IN_COMMAND: Readonly<Record<string, readonly ValueKind[]>> = {
  "config get name": ["any-setting"],
  "config set name": ["any-setting"],
  "config unset name": ["any-setting"],
  "devices confirm name": ["device"],
  "devices remove name": ["device"],
  "devices rename name": ["device"],
  "doctor --bundle": ["path"],
  "folders add path-or-name": ["folder-elsewhere", "directory"],
  "folders add path": ["directory"],
  "folders move name": ["folder"],
  "folders move path": ["directory"],
  "folders rename name": ["folder"],
  "folders set name": ["folder"],
  "folders set key": ["setting"],
  "folders settings name": ["folder"],
  "import syncthing config": ["path"],
  "import export": ["path"],
  "export out": ["path"],
  "join path": ["directory"],
  "join --folder": ["folder-elsewhere"],
  "restore --version": ["version"],
  "up path": ["directory"],
  "up --folder": ["folder-elsewhere"],
};

/** Null where nobody has said what it is: nothing is offered then. */
export function kindsOf(path: string, name: string): readonly ValueKind[] | null {
  return IN_COMMAND[`${path} ${name}`] ?? EVERYWHERE[name] ?? null;
}

/** All that the table speaks of, so that what is no more does not stay. */
export function saidOf(): readonly string[] {
  return [...Object.keys(EVERYWHERE), ...Object.keys(IN_COMMAND)];
}
