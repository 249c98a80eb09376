/** Each check of `cairn doctor`: what it takes for wrong, and that it then says what to do. */
import assert from "node:assert/strict";
import type { PeerStatus } from "../../../src/daemon/api_types.ts";
import { checkBroadcast } from "../../../src/daemon/doctor/broadcast.ts";
import { checkClock } from "../../../src/daemon/doctor/clock.ts";
import { checkDisks } from "../../../src/daemon/doctor/disk.ts";
import { checkPeers, compareVersions } from "../../../src/daemon/doctor/peers.ts";
import { checkPermissions } from "../../../src/daemon/doctor/permissions.ts";
import { checkPort } from "../../../src/daemon/doctor/port.ts";
import type { Finding } from "../../../src/daemon/doctor/types.ts";
import { checkWatches } from "../../../src/daemon/doctor/watches.ts";
import { CairnError } from "../../../src/core/errors.ts";
import type { DeviceId } from "../../../src/core/ids.ts";
import { startDiscovery } from "../../../src/peer/discovery.ts";
import { createIdentity } from "../../../src/peer/identity.ts";
import { SESSION_PROTOCOL } from "../../../src/peer/links.ts";
import type { Net } from "../../../src/platform/ports.ts";
import { realClock } from "../../../src/platform/real/clock.ts";
import { realFs } from "../../../src/platform/real/fs.ts";
import { realRandom } from "../../../src/platform/real/random.ts";
import { deviceOf } from "../../support/entries.ts";
import { hostFacts } from "../../support/host_facts.ts";
import { MemoryNet } from "../../support/memory_net.ts";
import { tempDir } from "../../support/temp_dir.ts";

/** Codes of those of a verdict; each that needs attention has a remedy. */
function codes(findings: readonly Finding[], verdict: Finding["verdict"] = "attention"): string[] {
  for (const { verdict, remedy, code } of findings) assert.ok(verdict !== "attention" || remedy !== "", code);
  return findings.filter((finding) => finding.verdict === verdict).map(({ code }) => code);
}

const NOW = Date.UTC(2026, 10, 23);

Deno.test("a clock is wrong in 1970 and in 2199, behind the journal, and a minute away from a peer's", () => {
  const peer = { id: "x", name: "nas", version: "0.1.0" };
  const at = (nowMs: number, journalMs: number | null = null, ...aheads: (number | null)[]) =>
    codes(checkClock({ nowMs, journalMs, peers: aheads.map((aheadMs) => ({ ...peer, aheadMs })) }));
  assert.deepEqual(at(NOW, NOW, 59_000, -59_000, null), []);
  assert.deepEqual(at(5_000), ["clock-year-impossible"]);
  assert.deepEqual(at(Date.UTC(2199, 0, 1)), ["clock-year-impossible"]);
  assert.deepEqual(at(NOW, NOW + 9 * 60_000), []);
  assert.deepEqual(at(NOW, NOW + 11 * 60_000), ["clock-before-journal"]);
  assert.deepEqual(at(NOW, null, 61_000, -61_000), ["clock-apart", "clock-apart"]);
  const [, ahead, behind] = checkClock({
    nowMs: NOW,
    journalMs: null,
    peers: [{ ...peer, aheadMs: 7_200_000 }, { ...peer, aheadMs: -120_000 }],
  });
  assert.match(ahead!.says, /2 hours ahead of this one/);
  assert.match(behind!.says, /2 minutes behind this one/);
});

Deno.test("too few watches are told with the command that raises them, above what is needed", () => {
  const host = (watches: number, instances = 128) =>
    hostFacts({ watchLimits: () => ({ watches, instances }) });
  const needs = { directories: 1_000, folders: 2, polling: 0 };
  assert.deepEqual(codes(checkWatches(host(1_250), needs)), []);
  const [few] = checkWatches(host(1_249), { ...needs, directories: 1_000_000 });
  assert.equal(few!.code, "watches-few");
  const [, value] = /fs\.inotify\.max_user_watches=(\d+) \| sudo tee -a \S+ && sudo sysctl --system/.exec(
    few!.remedy,
  )!;
  assert.ok(Number(value) * 0.8 >= 1_000_000);
  assert.deepEqual(codes(checkWatches(host(1_250, 8), needs)), ["watch-instances-few"]);
  assert.deepEqual(codes(checkWatches(host(1_250), { ...needs, polling: 1 })), ["watches-polling"]);
  assert.deepEqual(checkWatches(hostFacts(), needs), [], "another system has no such limits");
});

Deno.test("disks: a folder that is gone, no room, no way to write, a write that fails, one that is slow", () => {
  using dir = tempDir();
  const room = (free: number) => ({ ...realFs(), freeSpace: () => ({ free, total: 2 ** 40 }) });
  const home = { path: dir.path, isHome: true, isWritten: true };
  const root = { ...home, isHome: false };
  const tried = { path: dir.path, isHome: true, tookMs: 3, failure: null, foldsCase: null };
  assert.deepEqual(codes(checkDisks(room(2 ** 31), hostFacts(), [home, root], [tried])), []);
  assert.deepEqual(codes(checkDisks(room(2 ** 26), hostFacts(), [home], [tried])), ["disk-full"]);
  assert.deepEqual(codes(checkDisks(room(2 ** 30), hostFacts(), [root], [tried])), ["disk-full"]);
  assert.deepEqual(codes(checkDisks(room(2 ** 31), hostFacts({ may: () => false }), [home], null)), [
    "disk-unwritable",
  ]);
  assert.deepEqual(codes(checkDisks(room(2 ** 31), hostFacts(), [home], null), "note"), ["disk-untried"]);
  const failed = { ...tried, failure: "Input/output error" };
  assert.deepEqual(codes(checkDisks(room(2 ** 31), hostFacts(), [home], [failed])), ["disk-refuses"]);
  const odd = { ...tried, tookMs: 2_001, foldsCase: true };
  assert.deepEqual(codes(checkDisks(room(2 ** 31), hostFacts(), [home], [odd]), "note"), [
    "disk-slow",
    "disk-folds-case",
  ]);
  assert.deepEqual(codes(checkDisks(realFs(), hostFacts(), [{ ...root, path: dir.at("gone") }], null)), [
    "root-missing",
  ]);
});

Deno.test("a home that others may read is told with the chmod; so are another's home and a folder that cannot be read", () => {
  const modes: Record<string, number> = { "/h": 0o700, "/h/identity.json": 0o600 };
  const host = (over: Record<string, number>, owner = 1000) =>
    hostFacts({
      ownership: (path) => {
        const mode = { ...modes, ...over }[path];
        return mode === undefined ? null : { owner, mode };
      },
      may: (path) => path !== "/shut",
    });
  assert.deepEqual(codes(checkPermissions(host({}), "/h", []), "good"), ["permissions-good"]);
  const [open] = checkPermissions(host({ "/h/identity.json": 0o640 }), "/h", []);
  assert.deepEqual([open!.code, open!.remedy], ["secret-open", "chmod 600 /h/identity.json"]);
  assert.deepEqual(codes(checkPermissions(host({ "/h": 0o755 }), "/h", [])), ["secret-open"]);
  assert.deepEqual(codes(checkPermissions(host({}, 7), "/h", [])), ["home-anothers"]);
  const shut = { path: "/shut", isHome: false, isWritten: true };
  assert.deepEqual(codes(checkPermissions(host({ "/shut": 0o700 }), "/h", [shut])), ["path-unreadable"]);
});

/** A network in which a broadcast comes back to who sent it, from `address`; or none does. */
function netOf(lan: MemoryNet, name: string, address: string | null): Net {
  const net = lan.of(name);
  return {
    ...net,
    async beacons(port, heard) {
      const socket = await net.beacons(port, heard);
      return {
        ...socket,
        broadcast(bytes) {
          socket.broadcast(bytes);
          heard(bytes, "127.0.0.1", port);
          if (address !== null) heard(bytes, address, port);
        },
      };
    },
  };
}

/** Time passes as soon as somebody waits for it. */
const hurried = { ...realClock(), after: (_delayMs: number, run: () => void) => realClock().after(1, run) };

Deno.test("a beacon is really sent: whether it comes back from the network, and who answers, is told", async () => {
  const lan = new MemoryNet();
  const host = hostFacts({ addresses: () => ["192.0.2.7"] });
  const ports = (address: string | null) => ({
    net: netOf(lan, "here", address),
    clock: hurried,
    random: realRandom(),
    host,
  });
  const look = (address: string | null, own: DeviceId | null) =>
    checkBroadcast(ports(address), own, new Set([deviceOf(2)]));

  assert.deepEqual(codes(await look("192.0.2.7", null)), []);
  assert.deepEqual(
    codes(await look(null, null)),
    ["broadcast-lost"],
    "that of the loopback says nothing of the network",
  );
  assert.deepEqual(codes(await look("192.0.2.7", deviceOf(1))), ["broadcast-unanswered"]);

  const quiet = {
    clock: { ...realClock(), after: () => () => {} },
    random: realRandom(),
    tcpPort: 9,
    isKnown: () => false,
    sighted: () => {},
  };
  const own = await startDiscovery({ ...quiet, net: lan.of("device"), device: deviceOf(1) });
  const other = await startDiscovery({ ...quiet, net: lan.of("nas"), device: deviceOf(2) });
  try {
    const findings = await look("192.0.2.7", deviceOf(1));
    assert.deepEqual(codes(findings, "good"), ["broadcast-works", "broadcast-answered", "broadcast-heard"]);
    assert.deepEqual(findings[0]!.facts, { networks: 1, cameBack: 1, heard: 1, members: 1 });
  } finally {
    own.close();
    other.close();
  }
  const alone = { ...ports(null), host: hostFacts() };
  assert.deepEqual(codes(await checkBroadcast(alone, null, new Set())), ["broadcast-no-network"]);
  const taken: Net = {
    ...lan.of("here"),
    beacons: () => Promise.reject(new CairnError("network", "It is taken", "Stop it.")),
  };
  assert.deepEqual(codes(await checkBroadcast({ ...ports(null), net: taken }, null, new Set())), [
    "broadcast-refused",
  ]);
});

Deno.test("the port: this device is known by its certificate, another is not taken for it, and silence is told", async () => {
  const lan = new MemoryNet();
  const [identity, other] = [await createIdentity(realRandom()), await createIdentity(realRandom())];
  const random = realRandom();
  const host = hostFacts({
    addresses: () => ["192.0.2.7"],
    isAnswered: (port) => Promise.resolve(port === 7),
  });
  const listener = await lan.of("device").listen(4_000, identity, [SESSION_PROTOCOL], () => {});
  const at = (id: string, port: number) => checkPort({ net: lan.of("here"), random, host }, { id, port }, 0);
  assert.deepEqual(codes(await at(identity.id, listener.port), "good"), ["port-reached"]);
  assert.deepEqual(codes(await at(other.id, listener.port)), ["port-anothers"]);
  assert.deepEqual(codes(await at(identity.id, 4_001)), ["port-unreached"]);
  const saved = (port: number) => checkPort({ net: lan.of("here"), random, host }, null, port);
  assert.deepEqual(codes(await saved(7)), ["port-taken"]);
  assert.deepEqual(codes(await saved(8), "good"), ["port-free"]);
  assert.deepEqual(await saved(0), []);
});

Deno.test("versions of peers are compared by their numbers; what is away, or tells none, is told as that", () => {
  const order = ["0.9.0", "0.10.0-rc.1", "0.10.0", "1.0.0", "1.0.1"];
  for (const [i, a] of order.entries()) {
    for (const [j, b] of order.entries()) assert.equal(compareVersions(a, b), Math.sign(i - j), `${a} ${b}`);
  }
  const peer = (id: string, connected = true): PeerStatus => ({
    id,
    name: id,
    standing: "member",
    connected,
    paused: false,
    address: "",
    lastSeenMs: 1,
    behindFiles: 0,
    behindBytes: 0,
    reason: "",
  });
  const told = (id: string, version: string) => ({ id, version, aheadMs: null });
  const findings = checkPeers(
    "0.2.0",
    [peer("a"), peer("b"), peer("c"), peer("d"), peer("e", false)],
    [told("a", "0.2.0"), told("b", "0.3.0"), told("c", "0.1.9"), told("d", "")],
    2,
  );
  assert.deepEqual(findings.map(({ code }) => code), [
    "peer-same",
    "peer-newer",
    "peer-older",
    "peer-older",
    "peer-away",
  ]);
});
