/** A content worker that dies of any job about a path with "die" in it, and answers the others with nothing. */
/// <reference lib="deno.worker" />
self.onmessage = ({ data }: MessageEvent<{ id: number; args: unknown[] }>) => {
  if (JSON.stringify(data.args).includes("die")) throw new Error("told to die");
  self.postMessage({ id: data.id, value: null });
};
