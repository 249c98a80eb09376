import assert from "node:assert/strict";
import { run } from "../../src/cli/program.ts";
import { CairnError } from "../../src/core/errors.ts";
import type { Daemon, DaemonOptions } from "../../src/daemon/daemon.ts";
import type { Status } from "../../src/daemon/api_types.ts";
import { fakeContext, fakeTerminal } from "./fake_terminal.ts";
import { sampleFolder, samplePeer, sampleStatus } from "./sample_status.ts";

/** An engine that only plays its part; `set` changes its status and tells who listens. */
function fakeDaemon(start: Status, changes: Partial<Daemon> = {}) {
  let status = start;
  const listeners = new Set<() => void>();
  const { promise: stopped, resolve } = Promise.withResolvers<void>();
  const asked: unknown[] = [];
  const daemon: Daemon = {
    invite: () => Promise.resolve({ code: "K7QM-2XTD-9RWA", expiresMs: Date.now() + 600_000 }),
    join: (request) => {
      asked.push(request);
      const folder = { id: "f1", name: "Notes", path: "/home/ann/Notes" };
      return Promise.resolve({ peer: { id: "d2", name: "desktop" }, folder });
    },
    hasStopped: false,
    addFolder: (request) => {
      asked.push(request);
      return Promise.resolve(status.folders[0]!);
    },
    resume: () => Promise.reject(new Error("this engine never halts")),
    status: () => status,
    onStatus(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stop: () => {
      resolve();
      return Promise.resolve();
    },
    stopped,
    ...changes,
  };
  return {
    daemon,
    asked,
    set(next: Status) {
      status = next;
      for (const listener of listeners) listener();
    },
  };
}

/** Runs a command on a device that plays its part and is stopped once `during` is done. */
async function runOn(
  argv: string[],
  fake: ReturnType<typeof fakeDaemon>,
  during: () => void | Promise<void> = () => {},
  terminal = fakeTerminal(),
) {
  const home = Deno.makeTempDirSync();
  const started: DaemonOptions[] = [];
  try {
    const context = {
      ...fakeContext({ HOME: "/home/ann" }, terminal),
      startDaemon(options: DaemonOptions) {
        started.push(options);
        return Promise.resolve(fake.daemon);
      },
    };
    const running = run(["--home", home, ...argv], context);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await during();
    await fake.daemon.stop();
    return { code: await running, started, home, ...terminal.taken() };
  } finally {
    Deno.removeSync(home);
  }
}

const ALONE = sampleStatus({ peers: [] });

Deno.test("cairn up PATH shares the folder, shows the invite, tells its state and ends with 0", async () => {
  const fake = fakeDaemon(ALONE);
  const { code, out, err, started, home } = await runOn([
    "up",
    "~/Notes",
    "--name",
    "laptop",
    "--port",
    "4000",
  ], fake);
  assert.deepEqual([code, err], [0, ""]);
  assert.deepEqual(fake.asked, [{ path: "/home/ann/Notes", name: null, take: null, addFiles: false }]);
  assert.deepEqual(started.map(({ home, name, port }) => ({ home, name, port })), [{
    home,
    name: "laptop",
    port: 4000,
  }]);
  assert.equal(
    out,
    `Sharing ~/Notes as "Notes" from laptop.
On another device:  cairn join K7QM-2XTD-9RWA ~/Notes      (valid 10 minutes, once)
Notes is up to date.
Stopped.
`,
  );
});

Deno.test("cairn up opens no invite on a restart with members, nor with --no-invite", async () => {
  const invites = async (argv: string[], status: Status) =>
    (await runOn(argv, fakeDaemon(status))).out.includes("cairn join");
  assert.equal(await invites(["up"], ALONE), true);
  assert.equal(await invites(["up"], sampleStatus()), false);
  assert.equal(await invites(["up", "/x"], sampleStatus()), true);
  assert.equal(await invites(["up", "/x", "--no-invite"], ALONE), false);
});

Deno.test("cairn up without any folder says how to share one", async () => {
  const { out } = await runOn(["up"], fakeDaemon(sampleStatus({ folders: [], peers: [] })));
  assert.match(out, /^laptop runs, and shares no folder yet\. Share one with: cairn up PATH\n/);
});

Deno.test("cairn up tells what changes while it runs, each piece of news once", async () => {
  const fake = fakeDaemon(ALONE);
  const { out } = await runOn(["up", "--no-invite"], fake, () => {
    fake.set(sampleStatus());
    fake.set(sampleStatus());
    fake.set(sampleStatus({ peers: [samplePeer({ connected: false, reason: "" })] }));
  });
  assert.deepEqual(out.split("\n").slice(1), [
    "Notes is up to date.",
    "desktop connected from 10.0.0.2.",
    "desktop disconnected.",
    "Stopped.",
    "",
  ]);
});

Deno.test("cairn up stops the device again when its folder cannot be shared, and fails with the reason", async () => {
  let stops = 0;
  const fake = fakeDaemon(ALONE, {
    addFolder: () =>
      Promise.reject(new CairnError("path-unusable", "Cannot share /x: it is a file", "Name a directory")),
    stop: () => {
      stops++;
      return Promise.resolve();
    },
  });
  const { code, out, err } = await runOn(["up", "/x"], fake, () => assert.equal(stops, 1));
  assert.deepEqual([code, out, err], [1, "", "cairn: Cannot share /x: it is a file\n→ Name a directory\n"]);
});

Deno.test("cairn up goes on with its work when nobody reads its words any more", async () => {
  const terminal = {
    ...fakeTerminal(),
    out: () => {
      throw new Deno.errors.BrokenPipe("gone");
    },
  };
  const { code, err } = await runOn(["up", "/x"], fakeDaemon(ALONE), () => {}, terminal);
  assert.deepEqual([code, err], [0, ""]);
});

Deno.test("cairn join waits until the size is known, then tells it and follows", async () => {
  const syncing = (filesTotal: number) =>
    sampleStatus({
      folders: [sampleFolder({
        state: {
          kind: "syncing",
          filesDone: 0,
          filesTotal,
          bytesDone: 0,
          bytesTotal: 3.1e9,
          bytesPerSecond: 0,
        },
      })],
    });
  const fake = fakeDaemon(syncing(0));
  const argv = ["join", "K7QM-2XTD-9RWA", "~/Notes", "--at", "10.0.0.1:4000", "--folder", "Notes"];
  const { code, out } = await runOn(argv, fake, async () => {
    for (const total of [5000, 10412, 10412]) fake.set(syncing(total));
    await new Promise((resolve) => setTimeout(resolve, 20));
    fake.set(sampleStatus());
  });
  assert.equal(code, 0);
  assert.deepEqual(fake.asked, [
    {
      code: "K7QM-2XTD-9RWA",
      path: "/home/ann/Notes",
      at: "10.0.0.1:4000",
      folder: "Notes",
      addFiles: false,
    },
  ]);
  assert.equal(
    out,
    "Paired with desktop. Notes: 10,412 files, 3.1 GB to fetch …\ndesktop connected from 10.0.0.2.\nNotes is up to date.\nStopped.\n",
  );
});

Deno.test("cairn join fails with the device's reason", async () => {
  const refused = new CairnError(
    "code-refused",
    "desktop refused the code",
    "Ask for a new one with: cairn invite",
  );
  const { code, err } = await runOn(
    ["join", "K7QM-2XTD-9RWA", "/x"],
    fakeDaemon(ALONE, { join: () => Promise.reject(refused) }),
  );
  assert.deepEqual([code, err], [
    1,
    "cairn: desktop refused the code\n→ Ask for a new one with: cairn invite\n",
  ]);
});

Deno.test("cairn join tells a typo in the code before it starts a device: exit 2", async () => {
  for (const [code, words] of [["K7QM-2XTD", /too short/], ["K7QM-2XTU-9RWA", /Character 9, "U"/]] as const) {
    const context = fakeContext();
    assert.equal(await run(["join", code, "/x", "--home", "/nonexistent"], context), 2);
    assert.match(context.terminal.taken().err, words);
  }
});

Deno.test("cairn up PATH --folder NAME takes a folder of the library, and opens no invite on a removed device", async () => {
  const { device } = sampleStatus();
  const removed = [{ id: device.id, name: device.name, by: "desktop", whenMs: 1 }];
  const fake = fakeDaemon(sampleStatus({ removed }));
  const { out } = await runOn(["up", "/x", "--folder", "Notes", "--add"], fake);
  assert.deepEqual(fake.asked, [{ path: "/x", name: null, take: "Notes", addFiles: true }]);
  assert.ok(!out.includes("cairn join"));
  const { code, err } = await runOn(["up", "--folder", "Notes"], fakeDaemon(ALONE));
  assert.equal(code, 2);
  assert.match(err, /cairn up PATH --folder Notes/);
});

Deno.test("cairn join --again starts the device as a new one", async () => {
  const fake = fakeDaemon(sampleStatus());
  const { started } = await runOn(["join", "K7QM-2XTD-9RWA", "/x", "--again", "--add"], fake);
  assert.deepEqual(started.map(({ again }) => again), [true]);
  assert.equal((fake.asked[0] as { addFiles: boolean }).addFiles, true);
});
