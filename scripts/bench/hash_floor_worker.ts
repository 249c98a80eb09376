/** Hashes as many blocks as it is told, and says when it has. */
/// <reference lib="deno.worker" />
import { hashBlocks } from "./floors.ts";

self.onmessage = ({ data }: MessageEvent<number>) => {
  hashBlocks(data);
  self.postMessage(null);
};
