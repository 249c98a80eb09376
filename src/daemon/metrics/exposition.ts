/** Prometheus' text format, version 0.0.4: families with their help and type, and samples with labels. Numbers in, text out. */

export type Labels = Readonly<Record<string, string>>;

export interface Sample {
  readonly labels?: Labels;
  readonly value: number;
}

export interface Histogram {
  readonly labels: Labels;
  /** How many were at most as long as the bound of the same index. */
  readonly counts: readonly number[];
  readonly count: number;
  readonly sum: number;
}

export type Family =
  & { readonly name: string; readonly help: string }
  & (
    | { readonly type: "gauge" | "counter"; readonly samples: readonly Sample[] }
    | {
      readonly type: "histogram";
      readonly bounds: readonly number[];
      readonly histograms: readonly Histogram[];
    }
  );

export const CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Families without a sample are left out: nothing is known of them. */
export function exposition(families: readonly Family[]): string {
  return families.map(familyText).join("");
}

function familyText(family: Family): string {
  const { name, help, type } = family;
  const lines = type === "histogram"
    ? family.histograms.flatMap((one) => histogramLines(name, family.bounds, one))
    : family.samples.map(({ labels, value }) => `${name}${labelText(labels)} ${numberText(value)}`);
  if (lines.length === 0) return "";
  return [`# HELP ${name} ${escaped(help, false)}`, `# TYPE ${name} ${type}`, ...lines, ""].join("\n");
}

function histogramLines(
  name: string,
  bounds: readonly number[],
  { labels, counts, count, sum }: Histogram,
): string[] {
  const bucket = (le: string, value: number) => `${name}_bucket${labelText({ ...labels, le })} ${value}`;
  return [
    ...bounds.map((bound, i) => bucket(String(bound), counts[i] ?? 0)),
    bucket("+Inf", count),
    `${name}_sum${labelText(labels)} ${numberText(sum)}`,
    `${name}_count${labelText(labels)} ${count}`,
  ];
}

function labelText(labels: Labels = {}): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value, true)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

/** A backslash and the end of a line in both, a quote in a label. */
function escaped(text: string, isLabel: boolean): string {
  const out = text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
  return isLabel ? out.replaceAll('"', '\\"') : out;
}

function numberText(value: number): string {
  return value === Infinity ? "+Inf" : value === -Infinity ? "-Inf" : String(value);
}
