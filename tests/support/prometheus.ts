/** Reads Prometheus' text format 0.0.4 as its documentation has it, and refuses whatever is not so. */

export interface ReadFamily {
  readonly help: string;
  readonly type: string;
  readonly samples: {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly value: number;
  }[];
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*/;
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"/;
const VALUE = /^ (NaN|[+-]Inf|[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/;
const TYPES = ["counter", "gauge", "histogram", "summary", "untyped"];
const UNESCAPED: Record<string, string> = { "\\\\": "\\", '\\"': '"', "\\n": "\n" };

export function parseExposition(text: string): Map<string, ReadFamily> {
  const families = new Map<string, ReadFamily>();
  const seen = new Set<string>();
  if (!text.endsWith("\n")) throw new Error("the last line does not end");
  const help = new Map<string, string>();
  let current = "";
  for (const line of text.slice(0, -1).split("\n")) {
    const fail = (why: string): never => {
      throw new Error(`${why}: ${line}`);
    };
    const comment = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)$/.exec(line);
    if (comment !== null) {
      const [, what, name, rest] = comment as unknown as [string, string, string, string];
      if (what === "HELP") {
        if (help.has(name)) fail("a second HELP");
        if (/\\(?![\\n])/.test(rest.replaceAll("\\\\", ""))) fail("a stray backslash");
        help.set(name, rest);
      } else {
        if (families.has(name)) fail("a second TYPE");
        if (!TYPES.includes(rest)) fail("no type");
        if (!help.has(name)) fail("no HELP before");
        families.set(name, { help: help.get(name)!, type: rest, samples: [] });
      }
      current = name;
      continue;
    }
    const name = NAME.exec(line)?.[0] ?? fail("no name");
    const family = families.get(current) ?? fail("no TYPE before");
    const suffix = name.slice(current.length);
    const isOwn = name.startsWith(current) &&
      (family.type === "histogram" ? ["_bucket", "_sum", "_count"].includes(suffix) : suffix === "");
    if (!isOwn) fail("it is not of the family before it");
    if (family.type === "counter" && !name.endsWith("_total")) fail("a counter without _total");
    let rest = line.slice(name.length);
    const labels: Record<string, string> = {};
    if (rest.startsWith("{")) {
      do {
        const [all, key, value] = LABEL.exec(rest = rest.slice(1)) ?? fail("no label");
        if (key! in labels) fail("a label twice");
        labels[key!] = value!.replace(/\\[\\"n]/g, (escape) => UNESCAPED[escape]!);
        rest = rest.slice(all.length);
      } while (rest.startsWith(","));
      if (!rest.startsWith("}")) fail("labels do not end");
      rest = rest.slice(1);
    }
    const number = VALUE.exec(rest)?.[1] ?? fail("no value");
    const id = name + JSON.stringify(Object.entries(labels).sort());
    if (seen.has(id)) fail("a sample twice");
    seen.add(id);
    family.samples.push({ name, labels, value: Number(number.replace("Inf", "Infinity")) });
  }
  for (const [name, { type, samples }] of families) if (type === "histogram") checkHistogram(name, samples);
  return families;
}

/** Buckets only grow, end with +Inf, and that is the count. */
function checkHistogram(name: string, samples: ReadFamily["samples"]): void {
  const keyOf = ({ le: _le, ...labels }: Readonly<Record<string, string>>) => JSON.stringify(labels);
  for (const key of new Set(samples.map(({ labels }) => keyOf(labels)))) {
    const own = samples.filter(({ labels }) => keyOf(labels) === key);
    const buckets = own.filter((sample) => sample.name === `${name}_bucket`);
    const bounds = buckets.map(({ labels }) => Number(labels["le"]!.replace("Inf", "Infinity")));
    const count = own.find((sample) => sample.name === `${name}_count`)?.value;
    const isOrdered = bounds.every((bound, i) => i === 0 || bound > bounds[i - 1]!) &&
      bounds.at(-1) === Infinity;
    const isGrowing = buckets.every(({ value }, i) => i === 0 || value >= buckets[i - 1]!.value);
    const hasSum = own.some((sample) => sample.name === `${name}_sum`);
    if (!isOrdered || !isGrowing || !hasSum || buckets.at(-1)!.value !== count) {
      throw new Error(`${name} is no histogram`);
    }
  }
}
