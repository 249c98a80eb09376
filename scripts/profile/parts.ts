/** Which part of Cairn's work a source file does, for telling where the time of a scenario goes. Pure. */

/** The first that fits counts. What is in none of them (codecs, the file system's calls) serves its callers. */
export const PARTS: readonly (readonly [string, RegExp])[] = [
  ["hash", /^src\/(core\/(chunker|content)\.ts|platform\/real\/(hash_|content_))/],
  ["sync", /^src\/(platform\/real\/fs_sync|folder\/durable)/],
  ["journal", /^src\/journal\//],
  ["catalogue", /^src\/catalogue\//],
  [
    "scan",
    /^src\/(folder\/(scan|observe|tree_watch|problems|ignore|spelling|probe|marker)|platform\/real\/(fs_list|watch))/,
  ],
  [
    "scan",
    /^src\/sync\/(outbound|itinerary|pipeline|still_writing|hard_links|ignore_in_force|without_placed|crash_guard|places|mending|local_change|emptied|folder_sync)/,
  ],
  ["wire", /^src\/(peer\/|platform\/real\/net)/],
  ["wire", /^src\/sync\/(conversation|announce|intake|messages|allotment|serve|serving|coming)/],
  ["stage", /^src\/sync\/(stager|fetch_|local_source|sources|room|verified_copy)/],
  [
    "place",
    /^src\/(folder\/(place|swap|pins|versions|kept_index|bases|layout)|platform\/real\/fs_(rename|pin|touch))/,
  ],
  [
    "place",
    /^src\/sync\/(placing|step|refused_step|inner_disks|yielding|open_intents|directory_modes|keeping|version_keeper|kept_intake)/,
  ],
  ["plan", /^src\/(core\/reconcile|sync\/(inbound|planning|need_outcomes|replica|respelling|brake|halt))/],
  ["tell", /^src\/(daemon\/(status|gauges|api|log)|cli\/)/],
];

/** The part that the file at `url` does; null when it serves others. */
export function partOf(url: string): string | null {
  const at = url.lastIndexOf("/src/");
  if (at < 0 || url.includes("/node_modules/")) return null;
  const path = url.slice(at + 1);
  return PARTS.find(([, pattern]) => pattern.test(path))?.[0] ?? null;
}
