/**
 * A person's programs at work in a tree: every write carries a token of its own, and what must be found afterwards is remembered. Below
 * `NAME/` nobody else writes, so the end is known exactly. To the files of `shared/` all append, so nothing is ever overwritten by
 * a person, and each token must be somewhere at the end.
 */
const OWN_FILES = 120;
const TOKENS_A_SHARED_FILE = 12;
const SHARED_AT_ONCE = 4;

export class Writer {
  /** Below `NAME/`: path to what it holds. */
  readonly own = new Map<string, string>();
  /** Everything that was appended to shared files. */
  readonly appended: string[] = [];
  #count = 0;
  #aside = 0;
  readonly #random: () => number;

  /** `random` gives numbers from 0 to 1. */
  constructor(readonly name: string, readonly root: string, random: () => number) {
    this.#random = random;
    Deno.mkdirSync(`${root}/${name}`, { recursive: true });
    Deno.mkdirSync(`${root}/shared`, { recursive: true });
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  #token(): string {
    return `<${this.name} ${++this.#count}>`;
  }

  /** One thing that a person does. */
  step(): void {
    const paths = [...this.own.keys()];
    const old = paths[this.#below(paths.length)];
    const roll = this.#random();
    if (old === undefined || roll < 0.3 && paths.length < OWN_FILES) this.#create();
    else if (roll < 0.5) this.#save(old);
    else if (roll < 0.62) this.#rewrite(old);
    else if (roll < 0.74) this.#append(old);
    else if (roll < 0.84) this.#rename(old);
    else if (roll < 0.94) this.#remove(old);
    else this.#moveDirectory();
  }

  #text(): string {
    // Mostly small; now and then several chunks long.
    const token = this.#token();
    return token.repeat(this.#random() < 0.02 ? 30_000 : 1 + this.#below(40)) + "\n";
  }

  #create(): void {
    const directory = `${this.name}/d${this.#below(6)}`;
    Deno.mkdirSync(`${this.root}/${directory}`, { recursive: true });
    const path = `${directory}/f${this.#count}`;
    const text = this.#text();
    Deno.writeTextFileSync(`${this.root}/${path}`, text);
    this.own.set(path, text);
  }

  /** As most editors do: aside, then over the old one. */
  #save(path: string): void {
    const text = this.#text();
    const aside = `${this.root}/${this.name}/.save${++this.#aside}`;
    Deno.writeTextFileSync(aside, text);
    Deno.renameSync(aside, `${this.root}/${path}`);
    this.own.set(path, text);
  }

  #rewrite(path: string): void {
    const text = this.#text();
    Deno.writeTextFileSync(`${this.root}/${path}`, text);
    this.own.set(path, text);
  }

  #append(path: string): void {
    const text = this.#token();
    Deno.writeTextFileSync(`${this.root}/${path}`, text, { append: true, create: false });
    this.own.set(path, this.own.get(path)! + text);
  }

  #rename(path: string): void {
    const to = `${this.name}/d${this.#below(6)}/r${++this.#aside}`;
    Deno.mkdirSync(`${this.root}/${to}`.replace(/\/[^/]*$/, ""), { recursive: true });
    Deno.renameSync(`${this.root}/${path}`, `${this.root}/${to}`);
    this.own.set(to, this.own.get(path)!);
    this.own.delete(path);
  }

  #remove(path: string): void {
    Deno.removeSync(`${this.root}/${path}`);
    this.own.delete(path);
  }

  #moveDirectory(): void {
    const from = `${this.name}/d${this.#below(6)}`;
    const to = `${this.name}/m${++this.#aside}`;
    const moved = [...this.own].filter(([path]) => path.startsWith(`${from}/`));
    if (moved.length === 0) return;
    Deno.renameSync(`${this.root}/${from}`, `${this.root}/${to}`);
    for (const [path, text] of moved) {
      this.own.delete(path);
      this.own.set(to + path.slice(from.length), text);
    }
  }

  /** Appends to a file that others append to as well. */
  appendShared(): void {
    const round = Math.floor(this.appended.length / TOKENS_A_SHARED_FILE / SHARED_AT_ONCE);
    const path = `${this.root}/shared/s${round}-${this.#below(SHARED_AT_ONCE)}`;
    const token = this.#token();
    Deno.writeTextFileSync(path, `${token}\n`, { append: true });
    this.appended.push(token);
  }
}

/** What is wrong at the end, a line each: own files that are not as their writer left them, tokens that are nowhere. */
export function judge(writers: readonly Writer[], roots: readonly string[]): string[] {
  const wrong: string[] = [];
  for (const { name, own } of writers) {
    for (const root of roots) {
      const found = new Map<string, string>();
      collect(`${root}/${name}`, name, found);
      for (const [path, text] of own) {
        const is = found.get(path);
        if (is !== text) wrong.push(`${root}/${path}: ${shown(is)} and not ${shown(text)}`);
      }
      for (const path of found.keys()) {
        if (!own.has(path)) wrong.push(`${root}/${path}: nobody left it there`);
      }
    }
  }
  const everywhere = new Map<string, string>();
  for (const root of roots) {
    collect(`${root}/shared`, `${root}/shared`, everywhere);
    collect(`${root}/.cairn/versions`, `${root}/versions`, everywhere);
  }
  const all = [...everywhere.values()].join("\n");
  for (const { appended } of writers) {
    for (const token of appended) if (!all.includes(token)) wrong.push(`${token} is nowhere`);
  }
  return wrong;
}

function shown(text: string | undefined): string {
  return text === undefined ? "nothing" : `${JSON.stringify(text.slice(0, 30))} (${text.length})`;
}

function collect(directory: string, label: string, into: Map<string, string>): void {
  for (const { name, isDirectory, isFile } of Deno.readDirSync(directory)) {
    const at = `${directory}/${name}`;
    if (isDirectory) collect(at, `${label}/${name}`, into);
    else if (isFile) into.set(`${label}/${name}`, Deno.readTextFileSync(at));
  }
}
