/** What an export has in it, as the local API gives it: all but the identity, which never leaves the home by this way. */
import type { Hono } from "hono";
import type { Clock } from "../../platform/ports.ts";
import type { SavedSettings } from "../config.ts";
import type { Device } from "../device.ts";
import { contentsOf, encodeContents } from "./contents.ts";

/** POST /v1/export */
export interface ExportAnswer {
  readonly schema: "cairn.export-contents/1";
  /** Base64 of the contents, without an identity. */
  readonly contents: string;
}

export interface ExportService {
  exportContents(): ExportAnswer;
}

export function exportService(
  { ledger, links }: Device,
  saved: SavedSettings,
  clock: Clock,
): ExportService {
  return {
    exportContents() {
      const settings = saved.settings() ?? { name: "", port: 0 };
      const contents = contentsOf(ledger, { ...settings, port: links.port }, clock.now());
      const bytes = encodeContents({ ...contents, identity: "" });
      return { schema: "cairn.export-contents/1", contents: bytes.toBase64() };
    },
  };
}

export function addExportRoutes(app: Hono, service: ExportService): void {
  app.post("/v1/export", (c) => c.json(service.exportContents()));
}
