import assert from "node:assert/strict";
import { run } from "../../src/cli/program.ts";
import type { Status } from "../../src/daemon/api_types.ts";
import { fakeContext, fakeTerminal } from "./fake_terminal.ts";
import { samplePeer, sampleStatus } from "./sample_status.ts";

/** Runs one command against a local API that answers each path with what is given for it. */
async function runAgainst(answers: Record<string, unknown>, ...argv: string[]) {
  const home = Deno.makeTempDirSync();
  const asked: unknown[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    const { pathname } = new URL(request.url);
    if (request.method === "POST") asked.push([pathname, await request.json()]);
    return Response.json(answers[pathname]);
  });
  try {
    const access = { port: server.addr.port, token: "secret", pid: 1, version: "0.1.0" };
    Deno.writeTextFileSync(`${home}/api.json`, JSON.stringify(access));
    const terminal = fakeTerminal();
    const code = await run(["--home", home, ...argv], fakeContext({ HOME: "/home/ann" }, terminal));
    return { code, asked, ...terminal.taken() };
  } finally {
    await server.shutdown();
    Deno.removeSync(home, { recursive: true });
  }
}

Deno.test("cairn devices remove NAME says what it means, and whom the device had let in", async () => {
  const answer = { id: "d2", name: "phone", letIn: [{ id: "d3", name: "tablet" }] };
  const { code, out, asked } = await runAgainst(
    { "/v1/devices/remove": answer },
    "devices",
    "remove",
    "phone",
  );
  assert.equal(code, 0);
  assert.deepEqual(asked, [["/v1/devices/remove", { name: "phone", self: false }]]);
  assert.equal(
    out,
    "phone is removed: every device that hears of it refuses it from now on. The files that it has stay there.\n" +
      "It had let in tablet, which stays. If that is not yours: cairn devices remove tablet\n",
  );
});

Deno.test("cairn devices remove NAME --self leaves, and tells the way back", async () => {
  const answer = { id: "d1", name: "laptop", letIn: [{ id: "d3", name: "tablet" }] };
  const { out, asked } = await runAgainst(
    { "/v1/devices/remove": answer },
    ...["devices", "remove", "laptop", "--self"],
  );
  assert.deepEqual(asked, [["/v1/devices/remove", { name: "laptop", self: true }]]);
  assert.match(out, /^laptop has left the library.*\n.*cairn join CODE PATH --again\n$/);
});

Deno.test("cairn devices confirm NAME", async () => {
  const { out, asked } = await runAgainst(
    { "/v1/devices/confirm": { id: "d3", name: "tablet" } },
    ...["devices", "confirm", "tablet"],
  );
  assert.deepEqual(asked, [["/v1/devices/confirm", { name: "tablet" }]]);
  assert.match(out, /tablet is confirmed/);
});

Deno.test("cairn devices lists who is suspended, and who was removed by whom", async () => {
  const status: Status = sampleStatus({
    peers: [samplePeer({ name: "tablet", standing: "suspended", connected: false })],
    removed: [
      { id: "d4", name: "phone", by: "laptop", whenMs: Date.now() - 7_200_000 },
      { id: "d5", name: "old", by: "old", whenMs: Date.now() - 7_200_000 },
    ],
  });
  const { out } = await runAgainst({ "/v1/status": status }, "devices");
  assert.match(out, /tablet +suspended/);
  assert.match(out, /phone {2}removed by laptop 2 h ago/);
  assert.match(out, /old {2}left 2 h ago/);
});
