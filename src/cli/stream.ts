/** Reading the local API's two kinds of streams: lines, and server-sent events. */

/** The lines of a byte stream, without their ends. A connection that breaks ends them. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for await (const chunk of chunks) {
      rest += decoder.decode(chunk, { stream: true });
      const lines = rest.split("\n");
      rest = lines.pop()!;
      for (const line of lines) yield line.endsWith("\r") ? line.slice(0, -1) : line;
    }
  } catch (error) {
    // The device went away; the caller sees the end and says so. A bug must not look like that.
    if (!isLostConnection(error)) throw error;
  }
  if (rest !== "") yield rest;
}

/** The data of the server-sent events with that name, in the order they came. */
export async function* dataOfEvents(lines: AsyncIterable<string>, name: string): AsyncGenerator<string> {
  let event = "message";
  let data: string[] = [];
  for await (const line of lines) {
    if (line === "") {
      if (event === name && data.length > 0) yield data.join("\n");
      event = "message";
      data = [];
    } else if (line.startsWith("event:")) event = valueOf(line, "event:");
    else if (line.startsWith("data:")) data.push(valueOf(line, "data:"));
  }
}

/** One blank after the colon belongs to the format. */
function valueOf(line: string, field: string): string {
  const value = line.slice(field.length);
  return value.startsWith(" ") ? value.slice(1) : value;
}

function isLostConnection(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return code === "ECONNRESET" || code === "EPIPE" || code === "ERR_STREAM_PREMATURE_CLOSE";
}
