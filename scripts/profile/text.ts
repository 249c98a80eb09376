/** What profiles say, as tables for people. Pure. */
import { table } from "../bench/format.ts";
import type { ThreadTimes } from "./cpu_profile.ts";

export interface Thread {
  /** Its file, below the directory of all of them. */
  readonly name: string;
  readonly host: string;
  /** A content worker, or the main thread. */
  readonly isWorker: boolean;
  /** Whether it is only about what was timed, and not about its whole life. */
  readonly isTimedPart: boolean;
  readonly times: ThreadTimes;
}

/** One thread: its parts, then the functions with the most time by themselves, and with all that they called. */
export function threadText({ name, isTimedPart, times }: Thread, top: number): string {
  const { busyUs, spanUs, parts, functions } = times;
  const what = isTimedPart ? "the timed part" : "its whole life";
  const shown = new Set(functions.slice(0, top));
  for (const one of functions.toSorted((a, b) => b.totalUs - a.totalUs).slice(0, top)) shown.add(one);
  const cells = (us: number) => [ms(us), `${(100 * us / busyUs).toFixed(1)} %`];
  return [
    `${name}: ${ms(busyUs)} busy of ${ms(spanUs)}, ${what}`,
    table(["Part", "Time", "Share"], parts.map(([part, us]) => [part, ...cells(us)])),
    table(
      ["Function", "Self", "", "Total", ""],
      [...shown].map((one) => [one.name, ...cells(one.selfUs), ...cells(one.totalUs)]),
    ),
  ].join("\n\n");
}

/** All threads beside each other, by part: the main threads and the workers of each host. */
export function summaryText(threads: readonly Thread[]): string {
  const columns = [...new Set(threads.map(columnOf))].toSorted();
  const of = (column: string, part: string) =>
    threads.filter((thread) => columnOf(thread) === column)
      .flatMap(({ times }) => times.parts.filter(([name]) => name === part))
      .reduce((sum, [, us]) => sum + us, 0);
  const total = (part: string) => columns.reduce((sum, column) => sum + of(column, part), 0);
  const parts = [...new Set(threads.flatMap(({ times }) => times.parts.map(([name]) => name)))]
    .toSorted((a, b) => total(b) - total(a));
  const busy = (column: string) => parts.reduce((sum, part) => sum + of(column, part), 0);
  return table(
    ["Part", ...columns],
    [
      ...parts.map((part) => [part, ...columns.map((column) => ms(of(column, part)))]),
      ["all", ...columns.map((column) => ms(busy(column)))],
    ],
  );
}

function columnOf({ host, isWorker }: Thread): string {
  return `${host} ${isWorker ? "workers" : "main"}`;
}

function ms(us: number): string {
  return `${Math.round(us / 1000)} ms`;
}
