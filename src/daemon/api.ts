/**
 * The local API: HTTP on 127.0.0.1 with a bearer token (docs/protocol.md, "Local API"). Checks, calls the daemon,
 * answers JSON; no logic of its own.
 */
import { type Context, Hono } from "hono";
import { streamSSE, streamText } from "hono/streaming";
import * as v from "valibot";
import { CairnError, messageOf } from "../core/errors.ts";
import { MODES } from "../core/mode.ts";
import type { ApiError } from "./api_types.ts";
import { addExportRoutes } from "./backup/service.ts";
import { bodyOf } from "./body.ts";
import { addConfigRoutes } from "./config.ts";
import { addConflictRoutes } from "./conflicts.ts";
import { addContentRoutes } from "./contents.ts";
import { addDroppingRoutes } from "./dropping.ts";
import { addFolderKeepRoutes } from "./folder_keep.ts";
import type { Daemon, LogSource } from "./contract.ts";
import { addDeviceRoutes } from "./devices.ts";
import { addDoctorRoutes } from "./doctor/service.ts";
import { addFindRoutes } from "./find.ts";
import { addGuardianRoutes } from "./guardian.ts";
import { addIgnoringRoutes } from "./ignoring.ts";
import { addLabelRoutes } from "./labels.ts";
import { addPlaceRoutes } from "./places.ts";
import { addPausingRoutes } from "./pausing.ts";
import { addMetricsRoutes } from "./metrics/service.ts";
import { addModeRoutes } from "./modes.ts";
import type { Services } from "./services.ts";
import { addSettingsRoutes } from "./settings.ts";
import { addRenamingRoutes } from "./renaming.ts";
import { addTextRoutes } from "./texts.ts";
import { addVerifyRoutes } from "./verify.ts";
import { addVersionRoutes } from "./versions.ts";

const joinSchema = v.object({
  code: v.pipe(v.string(), v.maxLength(64)),
  path: v.nullable(v.string()),
  at: v.nullable(v.pipe(v.string(), v.maxLength(256))),
  folder: v.nullable(v.string()),
  addFiles: v.optional(v.boolean(), false),
});
const folderSchema = v.object({
  path: v.string(),
  name: v.nullable(v.string()),
  take: v.optional(v.nullable(v.string()), null),
  mode: v.optional(v.picklist(MODES)),
  addFiles: v.optional(v.boolean(), false),
});
const resumeSchema = v.object({ folder: v.string(), verdict: v.nullable(v.picklist(["accept", "reject"])) });
const LOG_LINES = 10_000;

export function createApi(
  daemon: Daemon,
  services: Services,
  log: LogSource,
  token: string,
): (request: Request) => Response | Promise<Response> {
  const app = new Hono();
  app.use(async (c, next) => {
    const host = (c.req.header("host") ?? "").replace(/:\d+$/, "");
    // A web page whose name resolves to 127.0.0.1 sends its own name here.
    if (host !== "127.0.0.1" && host !== "localhost") {
      return refuse(c, 403, "Only local clients are answered");
    }
    if (c.req.header("authorization") !== `Bearer ${token}`) {
      return refuse(c, 401, "The token is missing or wrong");
    }
    return await next();
  });
  app.get("/v1/status", (c) => c.json(daemon.status()));
  app.post("/v1/invites", async (c) => c.json(await daemon.invite(), 201));
  app.post("/v1/join", async (c) => c.json(await daemon.join(await bodyOf(c, joinSchema))));
  app.post("/v1/folders", async (c) => c.json(await daemon.addFolder(await bodyOf(c, folderSchema)), 201));
  addDeviceRoutes(app, services.devices);
  addDoctorRoutes(app, services.doctor);
  addVersionRoutes(app, services.versions, bodyOf);
  addSettingsRoutes(app, services.settings);
  addIgnoringRoutes(app, services.ignoring);
  addRenamingRoutes(app, services.renaming);
  addPausingRoutes(app, services.pausing);
  addConfigRoutes(app, services.config);
  addPlaceRoutes(app, services.places);
  addExportRoutes(app, services.exporting);
  addFindRoutes(app, services.finding);
  addLabelRoutes(app, services.labels);
  addGuardianRoutes(app, services.guardian);
  addTextRoutes(app, services.texts);
  addConflictRoutes(app, services.conflicts);
  addMetricsRoutes(app, services.metrics, () => daemon.status());
  addModeRoutes(app, services.modes);
  addContentRoutes(app, services.contents);
  addDroppingRoutes(app, services.dropping);
  addFolderKeepRoutes(app, services.folderKeep);
  addVerifyRoutes(app, services.verify);
  app.post("/v1/resume", async (c) => c.json(await daemon.resume(await bodyOf(c, resumeSchema))));
  app.post("/v1/stop", (c) => {
    void daemon.stop();
    return c.body(null, 202);
  });
  app.get("/v1/events", (c) =>
    streamSSE(c, async (stream) => {
      let wake: () => void = () => {};
      const end = daemon.onStatus(() => wake());
      stream.onAbort(() => {
        end();
        wake();
      });
      while (!stream.aborted && !stream.closed) {
        const news = new Promise<void>((resolve) => wake = resolve);
        await stream.writeSSE({ event: "status", data: JSON.stringify(daemon.status()) });
        await Promise.race([news, daemon.stopped]);
        if (daemon.hasStopped) break;
      }
      end();
    }));
  app.get("/v1/log", (c) => {
    const limit = Math.min(Number(c.req.query("limit") ?? 100) || 100, LOG_LINES);
    return streamText(
      c,
      (stream) =>
        log.write(
          limit,
          c.req.query("follow") === "1",
          (line) => stream.writeln(JSON.stringify(line)).then(() => {}),
          () => stream.aborted || stream.closed,
        ),
    );
  });
  app.notFound((c) => refuse(c, 404, `There is no ${c.req.path}`));
  app.onError((error, c) => {
    const body: ApiError = error instanceof CairnError
      ? { code: error.code, message: error.message, hint: error.hint }
      : {
        code: "internal",
        message: `Internal error: ${messageOf(error)}`,
        hint: "Please report this with the log.",
      };
    if (body.code === "internal") services.metrics.fault();
    return c.json(body, error instanceof CairnError ? 400 : 500);
  });
  return (request) => app.fetch(request);
}

function refuse(c: Context, status: 401 | 403 | 404, message: string): Response {
  const body: ApiError = { code: "usage", message, hint: "" };
  return c.json(body, status);
}
