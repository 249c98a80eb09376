import assert from "node:assert/strict";
import { connect, findRunning, readAccess } from "../../src/cli/client.ts";
import { run } from "../../src/cli/program.ts";
import { fakeContext, fakeTerminal } from "./fake_terminal.ts";
import { sampleStatus } from "./sample_status.ts";

type Handler = (request: Request) => Response | Promise<Response>;

/** A device's local API that only pretends, and a home that points at it. */
async function withApi(handler: Handler, test: (home: string, port: number) => Promise<void>): Promise<void> {
  const home = Deno.makeTempDirSync();
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, handler);
  try {
    const { port } = server.addr;
    Deno.writeTextFileSync(
      `${home}/api.json`,
      JSON.stringify({ port, token: "secret", pid: 1, version: "0.1.0" }),
    );
    await test(home, port);
  } finally {
    await server.shutdown();
    Deno.removeSync(home, { recursive: true });
  }
}

Deno.test("a request carries token and host, its body as JSON", async () => {
  const seen: unknown[] = [];
  const handler: Handler = async (request) => {
    seen.push(request.method, new URL(request.url).pathname, request.headers.get("authorization"));
    seen.push(request.headers.get("host")?.startsWith("127.0.0.1:"), await request.json());
    return Response.json({ peer: { id: "1", name: "laptop" }, folder: null });
  };
  await withApi(handler, async (home) => {
    const request = { code: "C", path: "/ü", at: null, folder: null };
    assert.equal((await connect(home).join(request)).peer.name, "laptop");
    assert.deepEqual(seen, ["POST", "/v1/join", "Bearer secret", true, request]);
  });
});

Deno.test("a refusal of the device comes out as the error it is", async () => {
  const refusal = { code: "code-refused", message: "The code is used", hint: "Ask for a new one" };
  await withApi(() => Response.json(refusal, { status: 409 }), async (home) => {
    await assert.rejects(connect(home).invite(), { name: "CairnError", ...refusal });
  });
});

Deno.test("a file left over from a dead device means that none runs", async () => {
  const home = Deno.makeTempDirSync();
  assert.equal(await findRunning(home), null, "no file");
  Deno.writeTextFileSync(`${home}/api.json`, "{ torn");
  assert.equal(readAccess(home), null, "torn file");
  // A port that was just free: nobody listens.
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const { port } = listener.addr;
  listener.close();
  Deno.writeTextFileSync(`${home}/api.json`, JSON.stringify({ port, token: "t", pid: 1, version: "" }));
  assert.equal(await findRunning(home), null, "refused");
  await assert.rejects(connect(home).status(), { code: "not-running", hint: "Start it with: cairn up" });
  Deno.removeSync(home, { recursive: true });
});

Deno.test("another program on the port that was ours means that none runs", async () => {
  for (
    const answer of [() => new Response("<html>", { status: 404 }), () => new Response("", { status: 401 })]
  ) {
    await withApi(answer, async (home) => assert.equal(await findRunning(home), null));
  }
});

Deno.test("cairn invite prints the code alone when piped, and the sentence for a person", async () => {
  const handler: Handler = (request) =>
    request.url.endsWith("/v1/invites")
      ? Response.json({ code: "K7QM-2XTD-9RWA", expiresMs: Date.now() + 600_000 }, { status: 201 })
      : Response.json(sampleStatus());
  await withApi(handler, async (home) => {
    const piped = fakeContext({ HOME: "/home/ann" });
    assert.equal(await run(["invite", "--home", home], piped), 0);
    assert.deepEqual(piped.terminal.taken(), { out: "K7QM-2XTD-9RWA\n", err: "" });
    const person = fakeContext({ HOME: "/home/ann" }, fakeTerminal({ person: true }));
    await run(["invite", "--home", home], person);
    assert.equal(
      person.terminal.taken().out,
      "On another device:  cairn join K7QM-2XTD-9RWA ~/Notes      (valid 10 minutes, once)\n",
    );
  });
});

Deno.test("cairn status, devices and folders print JSON that can be read back", async () => {
  const status = sampleStatus();
  const folders = { schema: "cairn.folders/1", folders: status.folders, notHere: [] };
  const answer = ({ url }: Request) => Response.json(url.endsWith("/v1/folders") ? folders : status);
  await withApi(answer, async (home) => {
    const json = async (command: string) => {
      const context = fakeContext();
      assert.equal(await run([command, "--json", "--home", home], context), 0);
      return JSON.parse(context.terminal.taken().out);
    };
    assert.deepEqual(await json("status"), status);
    assert.deepEqual(await json("devices"), {
      schema: "cairn.devices/1",
      device: status.device,
      peers: status.peers,
      removed: status.removed,
    });
    assert.deepEqual(await json("folders"), folders);
  });
});

Deno.test("cairn status --watch shows each status and says when the device stopped", async () => {
  const event = (version: string) => `event: status\ndata: ${JSON.stringify(sampleStatus({ version }))}\n\n`;
  await withApi(() => new Response(event("1") + event("2")), async (home) => {
    const context = fakeContext();
    assert.equal(await run(["status", "--watch", "--json", "--home", home], context), 1);
    const { out, err } = context.terminal.taken();
    assert.deepEqual(out.trimEnd().split("\n").map((line) => JSON.parse(line).version), ["1", "2"]);
    assert.match(err, /^cairn: The device in .* stopped\n→ Start it with: cairn up\n$/);
  });
});

Deno.test("cairn log asks for what was wanted and prints a line each", async () => {
  const asked: string[] = [];
  const lines = [1, 2].map((lsn) => ({
    lsn,
    timeMs: 0,
    event: "added",
    folder: "Notes",
    path: `f${lsn}`,
    detail: "",
  }));
  const handler: Handler = (request) => {
    asked.push(new URL(request.url).search);
    return new Response(lines.map((line) => JSON.stringify(line) + "\n").join(""));
  };
  await withApi(handler, async (home) => {
    const context = fakeContext();
    assert.equal(await run(["log", "-n", "7", "--home", home], context), 0);
    assert.equal(context.terminal.taken().out.trimEnd().split("\n").length, 2);
    await run(["log", "--follow", "--json", "--home", home], context);
    assert.deepEqual(
      context.terminal.taken().out.trimEnd().split("\n").map((line) => JSON.parse(line)),
      lines.map((line) => ({ schema: "cairn.log/1", ...line })),
    );
    assert.deepEqual(asked, ["?follow=0&limit=7", "?follow=1&limit=100"]);
  });
});

Deno.test("conflicts, and what resolving them did, have their schema as JSON", async () => {
  const resolved = [{ folder: "Notes", path: "a", kept: "standing", copyPath: null }];
  const handler: Handler = (request) =>
    Response.json(new URL(request.url).pathname === "/v1/conflicts" ? { conflicts: [] } : { resolved });
  await withApi(handler, async (home) => {
    const context = fakeContext();
    const json = async (...words: string[]) => {
      assert.equal(await run(["conflicts", ...words, "--json", "--home", home], context), 0);
      return JSON.parse(context.terminal.taken().out);
    };
    assert.deepEqual(await json(), { schema: "cairn.conflicts/1", conflicts: [] });
    assert.deepEqual(await json("resolve", "/a", "--keep", "mine"), { schema: "cairn.resolve/1", resolved });
  });
});

Deno.test("cairn up PATH and join hand their work to the device that runs; up alone is told so", async () => {
  const handler: Handler = (request) => {
    const path = new URL(request.url).pathname;
    if (path === "/v1/status") return Response.json(sampleStatus());
    if (path === "/v1/folders") return Response.json(sampleStatus().folders[0], { status: 201 });
    return Response.json({
      peer: { id: "1", name: "desktop" },
      folder: { id: "f1", name: "Notes", path: "/home/ann/Notes" },
    });
  };
  await withApi(handler, async (home) => {
    const context = fakeContext({ HOME: "/home/ann" });
    assert.equal(await run(["up", "~/Notes", "--home", home], context), 0);
    assert.match(context.terminal.taken().out, /^Sharing ~\/Notes as "Notes" from laptop\.\n/);
    assert.equal(await run(["join", "K7QM-2XTD-9RWA", "~/Notes", "--home", home], context), 0);
    assert.match(context.terminal.taken().out, /^Paired with desktop\. Notes is kept in ~\/Notes\.\n/);
    assert.equal(await run(["up", "--home", home], context), 1);
    assert.match(context.terminal.taken().err, /^cairn: A device already runs in /);
  });
});

Deno.test("HTTP_PROXY is not obeyed: the token stays on this machine", async () => {
  await withApi(() => Response.json(sampleStatus()), async (home) => {
    const done = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "--no-check",
        new URL("../../main.ts", import.meta.url).href,
        "status",
        "--home",
        home,
      ],
      env: { HTTP_PROXY: "http://127.0.0.1:1", http_proxy: "http://127.0.0.1:1", NO_PROXY: "" },
    }).output();
    assert.equal(done.code, 0, new TextDecoder().decode(done.stderr));
  });
});
