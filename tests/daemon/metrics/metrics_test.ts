/** What a scrape tells, read by a parser of the format; and that docs/metrics.md has it all. */
import assert from "node:assert/strict";
import { openGauges } from "../../../src/daemon/gauges.ts";
import { Convergence } from "../../../src/daemon/metrics/convergence.ts";
import { exposition } from "../../../src/daemon/metrics/exposition.ts";
import { familiesOf } from "../../../src/daemon/metrics/families.ts";
import { metricsService } from "../../../src/daemon/metrics/service.ts";
import { statusOf } from "../../../src/daemon/status.ts";
import { realClock } from "../../../src/platform/real/clock.ts";
import { type Neighbour, Neighbours } from "../../support/neighbours.ts";
import { parseExposition } from "../../support/prometheus.ts";
import { waitFor } from "../../support/wait.ts";

Deno.test("labels and help are escaped, whatever a folder is called", () => {
  const names = ['a"b', "a\\b", "a\nb", "a\\nb", 'ends in \\"\\', 'ü, {x="y"} 1', ""];
  const read = parseExposition(exposition([
    {
      name: "x",
      type: "gauge",
      help: "back\\slash\nand line",
      samples: names.map((folder, value) => ({ labels: { folder }, value })),
    },
    { name: "none", type: "gauge", help: "Nothing is known of it.", samples: [] },
    { name: "y_total", type: "counter", help: "y", samples: [{ value: 1e21 }] },
  ]));
  assert.deepEqual(
    read.get("x")!.samples.map(({ labels, value }) => [labels["folder"], value]),
    names.map((name, i) => [name, i]),
  );
  assert.equal(read.get("x")!.help, "back\\\\slash\\nand line");
  assert.deepEqual([...read.keys()], ["x", "y_total"]);
  assert.equal(read.get("y_total")!.samples[0]!.value, 1e21);
});

Deno.test("the parser refuses what is not the format", () => {
  const good = "# HELP a x\n# TYPE a gauge\na 1\n";
  parseExposition(good);
  for (
    const bad of [
      "a 1\n",
      "# TYPE a gauge\na 1\n",
      good.trimEnd(),
      `${good}a 1\n`,
      good.replace("a 1", 'a{x="\\q"} 1'),
      good.replace("a 1", "a{x=1} 1"),
      good.replace("a 1", "a one"),
      good.replace("a 1", "b 1"),
      good.replaceAll("gauge", "counter"),
      good.replaceAll("gauge", "histogram"),
    ]
  ) assert.throws(() => parseExposition(bad), Error, bad);
});

Deno.test("time to convergence runs from the first missing file to none; who goes meanwhile is forgotten", () => {
  const convergence = new Convergence();
  convergence.tell("nas", 0, 0);
  assert.equal(convergence.histogramOf("nas", {}), null);
  convergence.tell("nas", 3, 1_000);
  convergence.tell("nas", 9, 2_000);
  assert.equal(convergence.behindSeconds("nas", 4_000), 3);
  convergence.tell("nas", 0, 4_000);
  convergence.tell("nas", 1, 5_000);
  convergence.tell("nas", null, 6_000);
  assert.equal(convergence.behindSeconds("nas", 7_000), 0);
  convergence.tell("nas", 0, 9_000);
  const { counts, count, sum } = convergence.histogramOf("nas", {})!;
  assert.deepEqual([count, sum, counts[2], counts[3]], [1, 3, 0, 1]);
});

function scraped({ device, home, name }: Neighbour, service: ReturnType<typeof metricsService>) {
  const context = { home, name, startedMs: 1_000, openInvites: 0, gauges: openGauges(realClock()) };
  const read = parseExposition(service.metrics(statusOf(device, context)));
  return {
    read,
    of: (family: string, labels: Record<string, string> = {}) =>
      read.get(family)?.samples.find((sample) =>
        Object.entries(labels).every(([key, value]) => sample.labels[key] === value)
      )?.value,
  };
}

Deno.test("a scrape tells journal, folders, peers, bytes, conflicts and how long it took until all was there", async () => {
  await using world = await Neighbours.open("a", "b");
  const [a, b] = world.all as [Neighbour, Neighbour];
  const service = metricsService(b.device, realClock());
  const ofA = metricsService(a.device, realClock());
  try {
    b.write("known.txt", "known");
    await world.settle();
    a.write("x.txt", "twelve bytes");
    await world.settle();
    await waitFor(
      "a to hear that b has it",
      () => scraped(a, ofA).of("cairn_peer_behind_files", { peer: "b" }) === 0,
    );
    const { read, of } = scraped(b, service);
    assert.equal(of("cairn_folder_files", { folder: "Notes" }), 2);
    assert.equal(of("cairn_folder_bytes", { folder: "Notes" }), 17);
    assert.equal(of("cairn_folder_taken_bytes_total", { folder: "Notes" }), 12);
    assert.equal(of("cairn_folder_state", { folder: "Notes", state: "up-to-date" }), 1);
    assert.equal(of("cairn_folder_state", { folder: "Notes", state: "syncing" }), 0);
    assert.equal(of("cairn_folder_needed_files", { folder: "Notes" }), 0);
    assert.equal(of("cairn_folder_conflicts", { folder: "Notes" }), 0);
    assert.equal(of("cairn_peer_connected", { peer: "a" }), 1);
    assert.equal(of("cairn_journal_lsn"), b.device.ledger.lastLsn);
    assert.equal(of("cairn_journal_healthy"), 1);
    assert.equal(of("cairn_behind_seconds"), 0);
    assert.equal(of("cairn_faults_total"), 0);
    service.fault();
    assert.equal(scraped(b, service).of("cairn_faults_total"), 1);
    const [sent, received] = ["cairn_peer_sent_bytes_total", "cairn_peer_received_bytes_total"] as const;
    await waitFor("the file's bytes to be counted on both sides", () => {
      const [there, here] = [
        scraped(a, ofA).of(sent, { peer: "b" }),
        scraped(b, service).of(received, { peer: "a" }),
      ];
      return there! > 12 && here! > 12;
    });
    world.part(b);
    await waitFor("a to be gone", () => scraped(b, service).of("cairn_peer_connected", { peer: "a" }) === 0);
    assert.equal(scraped(b, service).of("cairn_peer_behind_files", { peer: "a" }), undefined, "nobody knows");

    const page = Deno.readTextFileSync(new URL("../../../docs/metrics.md", import.meta.url));
    const told = [...page.matchAll(/^\| `(cairn_\w+)`/gm)].map(([, name]) => name!).sort();
    const convergence = new Convergence();
    for (const who of ["", a.device.identity.id]) {
      [1, 0].forEach((lacking, i) => convergence.tell(who, lacking, i));
    }
    const status = statusOf(b.device, {
      home: "",
      name: "",
      startedMs: 1,
      openInvites: 0,
      gauges: openGauges(realClock()),
    });
    const safety = { files: 1, safe: 1, worst: null };
    const all = familiesOf({
      status: { ...status, safety },
      convergence,
      needs: new Map(),
      taken: new Map(),
      traffic: new Map(),
      faults: 0,
      nowMs: 1,
      monotonicMs: 1,
    });
    assert.deepEqual(told, all.map(({ name }) => name).sort());
    for (const name of read.keys()) assert.ok(told.includes(name), name);
    const [, line] = new RegExp("cairn_peer_convergence_seconds_count\\{(.*)\\} 1").exec(exposition(all))!;
    assert.match(line!, /^peer="a",id="[0-9a-f]{8}"$/);
  } finally {
    service.stop();
    ofA.stop();
  }
});
