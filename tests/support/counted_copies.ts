/** How contents stand, counted by brute force over all rows; to hold the catalogue's own figures against. */
import assert from "node:assert/strict";
import type { Catalogue } from "../../src/catalogue/catalogue.ts";
import { HELD } from "../../src/catalogue/row_sql.ts";
import { CROWD, UNCOUNTED } from "../../src/catalogue/standings.ts";
import { EMPTY_CONTENT } from "../../src/core/content.ts";
import { DAMAGED } from "../../src/core/damaged.ts";
import { fromHex, toHex } from "../../src/core/ids.ts";
import { decode } from "../../src/core/msgpack.ts";

/** At how many paths of its replica of a folder a device says that a content is damaged. */
function saidDamaged({ db, ids }: Catalogue, content: string, device: number, folder: number): number {
  const [value] = db.get(
    "SELECT value FROM facts WHERE device = ? AND key = ?",
    device,
    DAMAGED + ids.folderOf(folder),
  ) ?? [];
  const said = value === undefined ? null : decode(value as Uint8Array) as [Uint8Array, number][] | null;
  return said?.find(([bytes]) => toHex(bytes) === content.toLowerCase())?.[1] ?? 0;
}

/** By content: [folder, devices, paths, those on which it is damaged] as words, and the size. */
export function bruteStandings(catalogue: Catalogue): Map<string, { words: string; size: number }> {
  const paths = new Map<string, { content: string; folder: number; size: number; devices: Set<number> }>();
  const rows = catalogue.db.all(
    `SELECT d.folder, s.directory, s.name, hex(s.content), s.size, h.device FROM holds h JOIN states s ON s.id = h.state
     JOIN directories d ON d.id = s.directory WHERE s.kind = 1 AND h.flags & ${HELD}`,
  );
  for (const [folder, directory, name, content, size, device] of rows) {
    if (String(content).toLowerCase() === EMPTY_CONTENT) continue;
    const key = `${content} ${directory}/${name}`;
    const there = paths.get(key) ?? {
      content: String(content),
      folder: Number(folder),
      size: Number(size),
      devices: new Set(),
    };
    there.devices.add(Number(device));
    paths.set(key, there);
  }
  const all = [...paths.values()];
  const isLost = (content: string, device: number, folder: number) => {
    const said = saidDamaged(catalogue, content, device, folder);
    return said > 0 &&
      said >=
        all.filter((one) => one.content === content && one.folder === folder && one.devices.has(device))
          .length;
  };
  const spots = new Map<string, { size: number; counts: Map<string, number> }>();
  for (const { content, folder, size, devices } of paths.values()) {
    const of = spots.get(content) ?? { size, counts: new Map() };
    const sorted = [...devices].sort((a, b) => a - b);
    const lost = sorted.filter((device) => isLost(content, device, folder));
    const good = sorted.filter((device) => !lost.includes(device));
    const spot = JSON.stringify([folder, good, lost]);
    of.counts.set(spot, (of.counts.get(spot) ?? 0) + 1);
    spots.set(content, of);
  }
  return new Map([...spots].map(([content, { size, counts }]) => {
    const parts = [...counts].map(([spot, count]) => {
      const [folder, good, lost] = JSON.parse(spot);
      return JSON.stringify([folder, good, count, ...lost.length === 0 ? [] : [lost]]);
    }).sort();
    return [content.toLowerCase(), { words: `[${parts.join(",")}]`, size }];
  }));
}

/** Counts all that is to be counted, and compares the figures, and what each state says, with brute force. */
export function assertCounted(catalogue: Catalogue, when = ""): void {
  const { copies, db } = catalogue;
  for (let slices = 0; copies.countSome(); slices++) assert.ok(slices < 1_000_000, "it comes to an end");
  assert.equal(copies.behind(), 0, when);
  const brute = bruteStandings(catalogue);
  const figures = new Map<string, { contents: number; bytes: number }>();
  for (const { words, size } of brute.values()) {
    const sum = figures.get(words) ?? { contents: 0, bytes: 0 };
    figures.set(words, { contents: sum.contents + 1, bytes: sum.bytes + size });
  }
  const kept = new Map(
    db.all("SELECT standing, contents, bytes FROM standings")
      .map((
        [words, contents, bytes],
      ) => [String(words), { contents: Number(contents), bytes: Number(bytes) }]),
  );
  const sorted = (map: typeof figures) => [...map].sort(([a], [b]) => a < b ? -1 : 1);
  assert.deepEqual(sorted(kept), sorted(figures), when);
  const words = new Map(
    db.all("SELECT id, standing FROM standings").map(([id, of]) => [Number(id), String(of)]),
  );
  for (const [content, { words: expected }] of brute) {
    assert.equal(words.get(copies.standingOf(fromHex(content))), expected, `${when}: ${content}`);
  }
  for (
    const [counted, content] of db.all("SELECT counted, hex(content) FROM states WHERE content IS NOT NULL")
  ) {
    const expected = brute.get(String(content).toLowerCase())?.words;
    if (counted !== CROWD) {
      assert.equal(counted === UNCOUNTED ? undefined : words.get(Number(counted)), expected, when);
    }
  }
}
