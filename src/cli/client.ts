/**
 * The client of a running device: HTTP on 127.0.0.1 with the token from `HOME/api.json`.
 *
 * `node:http` and not `fetch`: Deno's `fetch` obeys HTTP_PROXY, which would send the token, and the talk with
 * our own machine, to somebody's proxy.
 */
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { CairnError, type ErrorCode, messageOf } from "../core/errors.ts";
import type {
  AddFolderRequest,
  ApiAccess,
  ApiError,
  ConfirmAnswer,
  ConfirmRequest,
  FolderStatus,
  Invite,
  JoinAnswer,
  JoinRequest,
  LogLine,
  RemoveAnswer,
  RemoveRequest,
  ResumeAnswer,
  ResumeRequest,
  Status,
} from "../daemon/api_types.ts";
import type {
  RestoreAnswer,
  RestoreRequest,
  VersionsAnswer,
  VersionsRequest,
} from "../daemon/versions_types.ts";
import type {
  ConflictsAnswer,
  ConflictsRequest,
  ResolveAnswer,
  ResolveRequest,
} from "../daemon/conflicts_types.ts";
import type { GuardianService } from "../daemon/guardian.ts";
import type { DupesAnswer, GuardAnswer, PoliciesAnswer } from "../daemon/guardian_types.ts";
import type { LabelsService } from "../daemon/labels.ts";
import type { LabelsAnswer, TagsAnswer } from "../daemon/labels_types.ts";
import type { FindAnswer, FindRequest } from "../daemon/find_types.ts";
import type { PlacesService } from "../daemon/places.ts";
import type {
  FoldersAnswer,
  LeaveAnswer,
  LeaveRequest,
  ModeAnswer,
  ModeRequest,
  OverrideAnswer,
  RevertAnswer,
  WordRequest,
} from "../daemon/modes_types.ts";
import { type CatFrame, catFramesOf } from "../daemon/cat_frames.ts";
import type { ExportAnswer } from "../daemon/backup/service.ts";
import type { DoctorAnswer } from "../daemon/doctor/types.ts";
import type { DropEvent, DropRequest } from "../daemon/dropping_types.ts";
import type { KeepEvent, KeepRequest } from "../daemon/folder_keep_types.ts";
import type { CatRequest, GetEvent, GetRequest } from "../daemon/contents_types.ts";
import type { VerifyEvent, VerifyRequest } from "../daemon/verify_types.ts";
import type { ConfigAnswer, ConfigRequest } from "../daemon/config_types.ts";
import type { IgnoreAnswer, IgnoredAnswer, IgnoreRequest } from "../daemon/ignoring_types.ts";
import type { RenamingService } from "../daemon/renaming.ts";
import type { MoveAnswer, RenameAnswer } from "../daemon/renaming_types.ts";
import type { PauseAnswer, PauseRequest } from "../daemon/pausing_types.ts";
import type { FolderSettingsAnswer, SetSettingRequest } from "../daemon/settings_types.ts";
import { dataOfEvents, linesOf } from "./stream.ts";

/** An answer from memory takes milliseconds; this long means that the device hangs. */
const ANSWER_MS = 15_000;
/** A join stretches a key and waits for the inviter (30 s) and its answer. */
const JOIN_MS = 120_000;
/** Adding a folder asks the disk, which may have to wake up. */
const ADD_FOLDER_MS = 60_000;
/** What is kept of a folder may have to be read anew. */
const VERSIONS_MS = 5 * 60_000;
/** A whole directory is copied and synced before the answer. */
const RESTORE_MS = 6 * 3_600_000;
/** Looks at all names of a folder, and at the disk; settling waits for what is being placed. */
const CONFLICTS_MS = 60_000;
/** Of a file outside of all folders every byte is read first; all files of a library take a minute to count. */
const PLACES_MS = 6 * 3_600_000;
/** Until the first word: what is to be fetched is counted, and the first device asked. */
const CONTENT_MS = 120_000;
/** A question that nothing narrows looks at many names. */
const FIND_MS = 60_000;
/** What is held back may be hundreds of thousands of files. */
const RESUME_MS = 600_000;

/** What is new is counted first, some seconds long at most; a place may have a million files in it. */
const COPIES_MS = 5 * 60_000;

/** A service as it is asked from outside. */
type Asked<Service> = {
  readonly [Name in keyof Service]: Service[Name] extends (...request: infer Request) => infer Answer
    ? (...request: Request) => Promise<Awaited<Answer>>
    : never;
};

export interface Client extends RenamingService {
  status(): Promise<Status>;
  /** Asks the device to stop; it has not yet when this resolves. */
  stop(): Promise<void>;
  /** Statuses as they change; ends when the device stops. */
  watchStatus(): AsyncGenerator<Status>;
  invite(): Promise<Invite>;
  join(request: JoinRequest): Promise<JoinAnswer>;
  addFolder(request: AddFolderRequest): Promise<FolderStatus>;
  removeDevice(request: RemoveRequest): Promise<RemoveAnswer>;
  confirmDevice(request: ConfirmRequest): Promise<ConfirmAnswer>;
  versions(request: VersionsRequest): Promise<VersionsAnswer>;
  restore(request: RestoreRequest): Promise<RestoreAnswer>;
  resume(request: ResumeRequest): Promise<ResumeAnswer>;
  folders(): Promise<FoldersAnswer>;
  changeMode(request: ModeRequest): Promise<ModeAnswer>;
  overrideFolder(request: WordRequest): Promise<OverrideAnswer>;
  revertFolder(request: WordRequest): Promise<RevertAnswer>;
  leaveFolder(request: LeaveRequest): Promise<LeaveAnswer>;
  log(limit: number, follow: boolean): AsyncGenerator<LogLine>;
  folderSettings(folder: string): Promise<FolderSettingsAnswer>;
  setFolderSetting(request: SetSettingRequest): Promise<FolderSettingsAnswer>;
  ignored(paths: readonly string[]): Promise<IgnoredAnswer>;
  ignore(request: IgnoreRequest): Promise<IgnoreAnswer>;
  pause(request: PauseRequest): Promise<PauseAnswer>;
  config(folder: string | null): Promise<ConfigAnswer>;
  setConfig(request: ConfigRequest): Promise<ConfigAnswer>;
  conflicts(request: ConflictsRequest): Promise<ConflictsAnswer>;
  resolveConflict(request: ResolveRequest): Promise<ResolveAnswer>;
  readonly places: PlacesService;
  readonly labels: Asked<LabelsService>;
  readonly guardian: Asked<GuardianService>;
  /** Leaving the loop ends the request. */
  cat(request: CatRequest): AsyncGenerator<CatFrame>;
  get(request: GetRequest): AsyncGenerator<GetEvent>;
  drop(request: DropRequest): AsyncGenerator<DropEvent>;
  keep(request: KeepRequest): AsyncGenerator<KeepEvent>;
  verify(request: VerifyRequest): AsyncGenerator<VerifyEvent>;
  find(request: FindRequest): Promise<FindAnswer>;
  doctor(): Promise<DoctorAnswer>;
  exportContents(): Promise<ExportAnswer>;
  /** In Prometheus' text format. */
  metrics(): Promise<string>;
}

/** The client of the device that runs in `home`; throws CairnError "not-running" when there is none. */
export function connect(home: string): Client {
  const access = readAccess(home);
  if (access === null) throw notRunning(home);
  const call = (method: string, path: string, limitMs: number, body?: unknown) =>
    answerOf(open(access, home, method, path, limitMs, body));
  return {
    status: () => call("GET", "/v1/status", ANSWER_MS) as Promise<Status>,
    stop: async () => void await textOf(await open(access, home, "POST", "/v1/stop", ANSWER_MS)),
    invite: () => call("POST", "/v1/invites", ANSWER_MS) as Promise<Invite>,
    join: (request) => call("POST", "/v1/join", JOIN_MS, request) as Promise<JoinAnswer>,
    addFolder: (request) => call("POST", "/v1/folders", ADD_FOLDER_MS, request) as Promise<FolderStatus>,
    removeDevice: (request) =>
      call("POST", "/v1/devices/remove", ANSWER_MS, request) as Promise<RemoveAnswer>,
    confirmDevice: (request) =>
      call("POST", "/v1/devices/confirm", ANSWER_MS, request) as Promise<ConfirmAnswer>,
    versions: (request) => call("POST", "/v1/versions", VERSIONS_MS, request) as Promise<VersionsAnswer>,
    restore: (request) => call("POST", "/v1/restore", RESTORE_MS, request) as Promise<RestoreAnswer>,
    folderSettings: (folder) => call("GET", settingsPath(folder), ANSWER_MS) as Promise<FolderSettingsAnswer>,
    setFolderSetting: ({ folder, name, value }) =>
      call("PUT", settingsPath(folder), ANSWER_MS, { name, value }) as Promise<FolderSettingsAnswer>,
    renameFolder: (request) =>
      call("POST", "/v1/folders/rename", ANSWER_MS, request) as Promise<RenameAnswer>,
    renameDevice: (request) =>
      call("POST", "/v1/devices/rename", ANSWER_MS, request) as Promise<RenameAnswer>,
    moveFolder: (request) => call("POST", "/v1/folders/move", ADD_FOLDER_MS, request) as Promise<MoveAnswer>,
    ignored: (paths) => call("POST", "/v1/ignored", ANSWER_MS, { paths }) as Promise<IgnoredAnswer>,
    ignore: (request) => call("POST", "/v1/ignore", ADD_FOLDER_MS, request) as Promise<IgnoreAnswer>,
    pause: (request) => call("POST", "/v1/pause", ANSWER_MS, request) as Promise<PauseAnswer>,
    config: (folder) => call("GET", configPath(folder), ANSWER_MS) as Promise<ConfigAnswer>,
    setConfig: (request) => call("PUT", "/v1/config", ANSWER_MS, request) as Promise<ConfigAnswer>,
    conflicts: (request) => call("POST", "/v1/conflicts", CONFLICTS_MS, request) as Promise<ConflictsAnswer>,
    resolveConflict: (request) =>
      call("POST", "/v1/conflicts/resolve", CONFLICTS_MS, request) as Promise<ResolveAnswer>,
    places: {
      ls: (request) => call("POST", "/v1/ls", ANSWER_MS, request),
      tree: (request) => call("POST", "/v1/tree", ANSWER_MS, request),
      stat: (request) => call("POST", "/v1/stat", ANSWER_MS, request),
      where: (request) => call("POST", "/v1/where", PLACES_MS, request),
      du: (request) => call("POST", "/v1/du", PLACES_MS, request),
    } as PlacesService,
    labels: {
      labels: (request) => call("POST", "/v1/labels", ANSWER_MS, request) as Promise<LabelsAnswer>,
      tags: () => call("GET", "/v1/tags", ANSWER_MS) as Promise<TagsAnswer>,
    },
    guardian: {
      guard: () => call("GET", "/v1/guard", COPIES_MS) as Promise<GuardAnswer>,
      setPolicy: (request) =>
        call("POST", "/v1/guard/policies", ANSWER_MS, request) as Promise<PoliciesAnswer>,
      dupes: (request) => call("POST", "/v1/dupes", COPIES_MS, request) as Promise<DupesAnswer>,
    },
    exportContents: () => call("POST", "/v1/export", ADD_FOLDER_MS) as Promise<ExportAnswer>,
    doctor: () => call("GET", "/v1/doctor", ADD_FOLDER_MS) as Promise<DoctorAnswer>,
    metrics: async () => await textOf(await open(access, home, "GET", "/metrics", ANSWER_MS)),
    find: (request) => call("POST", "/v1/find", FIND_MS, request) as Promise<FindAnswer>,
    resume: (request) => call("POST", "/v1/resume", RESUME_MS, request) as Promise<ResumeAnswer>,
    folders: () => call("GET", "/v1/folders", ANSWER_MS) as Promise<FoldersAnswer>,
    changeMode: (request) => call("POST", "/v1/folders/mode", RESUME_MS, request) as Promise<ModeAnswer>,
    leaveFolder: (request) => call("POST", "/v1/folders/leave", RESUME_MS, request) as Promise<LeaveAnswer>,
    overrideFolder: (request) => call("POST", "/v1/override", RESUME_MS, request) as Promise<OverrideAnswer>,
    revertFolder: (request) => call("POST", "/v1/revert", RESUME_MS, request) as Promise<RevertAnswer>,
    async *cat(request) {
      yield* catFramesOf(await open(access, home, "POST", "/v1/cat", CONTENT_MS, request));
    },
    async *get(request) {
      const response = await open(access, home, "POST", "/v1/get", CONTENT_MS, request);
      for await (const line of linesOf(response)) if (line !== "") yield JSON.parse(line) as GetEvent;
    },
    async *drop(request) {
      const response = await open(access, home, "POST", "/v1/drop", CONTENT_MS, request);
      for await (const line of linesOf(response)) if (line !== "") yield JSON.parse(line) as DropEvent;
    },
    async *keep(request) {
      const response = await open(access, home, "POST", "/v1/folders/keep", CONTENT_MS, request);
      for await (const line of linesOf(response)) if (line !== "") yield JSON.parse(line) as KeepEvent;
    },
    async *verify(request) {
      const response = await open(access, home, "POST", "/v1/verify", CONTENT_MS, request);
      for await (const line of linesOf(response)) if (line !== "") yield JSON.parse(line) as VerifyEvent;
    },
    async *watchStatus() {
      const response = await open(access, home, "GET", "/v1/events", ANSWER_MS);
      for await (const data of dataOfEvents(linesOf(response), "status")) yield JSON.parse(data) as Status;
    },
    async *log(limit, follow) {
      const path = `/v1/log?follow=${follow ? 1 : 0}&limit=${limit}`;
      const response = await open(access, home, "GET", path, ANSWER_MS);
      for await (const line of linesOf(response)) if (line !== "") yield JSON.parse(line) as LogLine;
    },
  };
}

/** The client of the device that runs in `home`, or null when none answers there. */
export async function findRunning(home: string): Promise<Client | null> {
  try {
    const client = connect(home);
    await client.status();
    return client;
  } catch (error) {
    if (error instanceof CairnError && error.code === "not-running") return null;
    throw error;
  }
}

/** What `HOME/api.json` says; null when it is missing or is no such file. */
export function readAccess(home: string): ApiAccess | null {
  try {
    const read = JSON.parse(Deno.readTextFileSync(join(home, "api.json"))) as Partial<ApiAccess> | null;
    if (typeof read?.port !== "number" || typeof read.token !== "string") return null;
    return { port: read.port, token: read.token, pid: read.pid ?? 0, version: read.version ?? "" };
  } catch (error) {
    if (error instanceof Deno.errors.PermissionDenied) {
      throw new CairnError(
        "home-unusable",
        `Cannot read ${join(home, "api.json")}: permission denied`,
        "Run cairn as the user who started it",
        error,
      );
    }
    return null;
  }
}

function settingsPath(folder: string): string {
  return `/v1/folders/${encodeURIComponent(folder)}/settings`;
}

function configPath(folder: string | null): string {
  return folder === null ? "/v1/config" : `/v1/config?folder=${encodeURIComponent(folder)}`;
}

/** Sends a request; the response once its head is here and says 2xx. */
async function open(
  access: ApiAccess,
  home: string,
  method: string,
  path: string,
  limitMs: number,
  body?: unknown,
): Promise<IncomingMessage> {
  const text = body === undefined ? "" : JSON.stringify(body);
  // Loaded here: what asks no device, as `--version`, starts without it.
  const http = await import("node:http");
  return await new Promise((resolve, reject) => {
    const request = http.request({
      host: "127.0.0.1",
      port: access.port,
      method,
      path,
      headers: {
        "host": `127.0.0.1:${access.port}`,
        "authorization": `Bearer ${access.token}`,
        "content-type": "application/json",
        "content-length": new TextEncoder().encode(text).length,
      },
    });
    const timer = setTimeout(() => {
      reject(
        new CairnError(
          "internal",
          `The device in ${home} does not answer`,
          "Stop it and start it again: cairn up",
        ),
      );
      request.destroy();
    }, limitMs);
    request.on("error", (error: Error & { code?: string }) => {
      clearTimeout(timer);
      // Nobody listens, or whoever does speaks no HTTP: the file is left over from a device that died.
      reject(notRunning(home, error));
    });
    request.on("response", (response: IncomingMessage) => {
      clearTimeout(timer);
      const code = response.statusCode ?? 0;
      if (code >= 200 && code < 300) resolve(response);
      else refusalOf(response, home).then(reject, reject);
    });
    request.end(text);
  });
}

/** The error that an answer outside 2xx stands for. */
async function refusalOf(response: IncomingMessage, home: string): Promise<CairnError> {
  const text = await textOf(response);
  // Our token is from the file: who refuses it is another program on a port that was ours once.
  if (response.statusCode === 401 || response.statusCode === 403) return notRunning(home);
  try {
    const said = JSON.parse(text) as ApiError;
    if (typeof said.code === "string" && typeof said.message === "string") {
      return new CairnError(said.code as ErrorCode, said.message, said.hint ?? "");
    }
  } catch {
    // Not JSON: not a device of ours.
  }
  return notRunning(home);
}

async function answerOf(opening: Promise<IncomingMessage>): Promise<unknown> {
  const text = await textOf(await opening);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CairnError(
      "message-invalid",
      `Cannot read the device's answer: ${messageOf(error)}`,
      "Is it another version? Stop it and start it again: cairn up",
      error,
    );
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = "";
  response.setEncoding("utf8");
  for await (const part of response) text += part;
  return text;
}

function notRunning(home: string, cause?: unknown): CairnError {
  return new CairnError("not-running", `No device is running in ${home}`, "Start it with: cairn up", cause);
}
