/** One way in which a system starts programs by itself; each of its four kinds is a file. */
import { type Fs, FsError, type Tools } from "../platform/ports.ts";
import type { Description, ServiceKind } from "./description.ts";
import type { Step } from "./steps.ts";

/** Where and as whom this process runs. */
export interface Machine {
  readonly os: string;
  /** -1 where there are no such numbers. */
  readonly uid: number;
  /** The user's own directory. */
  readonly userHome: string;
  env(name: string): string | undefined;
}

export interface ManagerPorts {
  readonly fs: Fs;
  readonly tools: Tools;
  readonly machine: Machine;
}

export interface ManagerState {
  readonly isInstalled: boolean;
  /** Whether it is started by itself. */
  readonly isEnabled: boolean;
  /** Null where only the device itself can tell. */
  readonly isRunning: boolean | null;
  readonly pid: number | null;
  readonly startsAt: "boot" | "login";
  /** What keeps it from what was asked for, with a remedy; "" for nothing. */
  readonly trouble: string;
}

export interface Manager {
  readonly kind: ServiceKind;
  readonly description: Description;
  /** In words: `systemd user unit cairn.service`. */
  readonly title: string;
  /** The file that it stands in; null where the system keeps it. */
  readonly file: string | null;
  /** Throws CairnError "service-unusable" where the system would refuse: before anything is written. */
  check(): Promise<void>;
  /** None where it is installed already, just so. */
  installSteps(): Promise<Step[]>;
  uninstallSteps(): Promise<Step[]>;
  startSteps(): Step[];
  stopSteps(): Step[];
  state(): Promise<ManagerState>;
  /** What shows the log; null where it is a file in the home. */
  logArgv(lines: number, follow: boolean): string[] | null;
}

const FILE_BYTES = 2 ** 20;

/** Whether there is such a file, as far as we may see; what is in the way is told by whoever writes there. */
export function isThere(fs: Fs, path: string): boolean {
  return orNothing(() => fs.lstat(path)) !== null;
}

/** Writes the file unless it is just so. */
export function writeStep(fs: Fs, path: string, bytes: Uint8Array<ArrayBuffer>, shown: string): Step[] {
  const there = orNothing(() => fs.readSmall(path, FILE_BYTES));
  const isSame = there !== null && there.length === bytes.length &&
    there.every((byte, i) => byte === bytes[i]);
  return isSame ? [] : [{ do: "write", path, bytes, shown }];
}

function orNothing<T>(look: () => T | null): T | null {
  try {
    return look();
  } catch (error) {
    if (error instanceof FsError) return null;
    throw error;
  }
}

export function textOf(bytes: Uint8Array | null | undefined): string {
  return new TextDecoder().decode(bytes ?? new Uint8Array());
}
