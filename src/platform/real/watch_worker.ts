/** The worker of `watch_deno.ts`: turns the events of `Deno.watchFs` into hints. */
/// <reference lib="deno.worker" />
import { messageOf } from "../../core/errors.ts";
import type { WatchNews, WatchOrder } from "./watch_deno.ts";
import { hintOf } from "./watch_hint.ts";

self.onmessage = async ({ data: { root, ignoreTop } }: MessageEvent<WatchOrder>) => {
  try {
    // The watch stands when this returns; what happened before is covered by the hint for the root.
    const watcher = Deno.watchFs(root, { recursive: true });
    say({ hints: [""] });
    for await (const event of watcher) {
      const hints = event.paths.map((path) => relativeTo(root, path)).filter((path) => path !== null);
      const wanted = hints.map((path) => hintOf(path, ignoreTop)).filter((path) => path !== null);
      if (event.flag === "rescan") wanted.push("");
      if (wanted.length > 0) say({ hints: wanted });
      if (event.kind === "remove" && hints.includes("")) return say({ gone: `${root} was removed` });
    }
    say({ gone: `The watch of ${root} ended` });
  } catch (error) {
    say({ gone: messageOf(error) });
  }
};

function say(news: WatchNews): void {
  self.postMessage(news);
}

/** Null for a path outside the root: Deno follows symlinked directories. */
function relativeTo(root: string, path: string): string | null {
  if (path === root) return "";
  const plain = Deno.build.os === "windows" ? path.replaceAll("\\", "/") : path;
  const above = Deno.build.os === "windows" ? root.replaceAll("\\", "/") : root;
  const prefix = above.endsWith("/") ? above : `${above}/`;
  return plain.startsWith(prefix) ? plain.slice(prefix.length) : null;
}
