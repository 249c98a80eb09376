/** What a running daemon offers to those in front of it: the commands, and the local API. */
import type {
  AddFolderRequest,
  FolderStatus,
  Invite,
  JoinAnswer,
  JoinRequest,
  LogLine,
  ResumeAnswer,
  ResumeRequest,
  Status,
} from "./api_types.ts";
import type { DevicesService } from "./devices.ts";
import type { FindService } from "./find.ts";
import type { PlacesService } from "./places.ts";
import type { RestoreAnswer, RestoreRequest, VersionsAnswer, VersionsRequest } from "./versions_types.ts";

import type { ConflictsService } from "./conflicts.ts";
import type { SettingsService } from "./settings.ts";
import type { TextsService } from "./texts.ts";

export interface DaemonOptions {
  readonly home: string;
  /** This device's name; null: the one it has, or the machine's. */
  readonly name: string | null;
  /** TCP port for other devices; null: the one it had, or any. */
  readonly port: number | null;
  /** Comes back as a new device after it was removed: what it was is set aside first. */
  readonly again?: boolean;
  say(line: string): void;
}

export interface Daemon {
  invite(): Promise<Invite>;
  join(request: JoinRequest): Promise<JoinAnswer>;
  addFolder(request: AddFolderRequest): Promise<FolderStatus>;
  /** What is kept of a path, or of all below it. */
  versions(request: VersionsRequest): Promise<VersionsAnswer>;
  /** Brings a former content back. */
  restore(request: RestoreRequest): Promise<RestoreAnswer>;
  /** A person's word on a halted folder; with none, what it would be about. */
  resume(request: ResumeRequest): Promise<ResumeAnswer>;
  status(): Status;
  /** Told when the status may have changed, at most once in 200 ms. */
  onStatus(listener: () => void): () => void;
  /** Stops in order; safe to call more than once. */
  stop(): Promise<void>;
  readonly stopped: Promise<void>;
  readonly hasStopped: boolean;
}

/** What only the local API asks for. */
export interface Services extends ConflictsService, DevicesService, SettingsService, TextsService {}
export interface Services extends ConflictsService, DevicesService, SettingsService {
  /** Questions about what is where. */
  readonly places: PlacesService;
  readonly finding: FindService;
}

export interface LogSource {
  /** Writes the last `limit` lines, and with `follow` those that come, until `ended`. */
  write(
    limit: number,
    follow: boolean,
    line: (line: LogLine) => Promise<void>,
    ended: () => boolean,
  ): Promise<void>;
}
