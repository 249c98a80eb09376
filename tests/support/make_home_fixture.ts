/**
 * Writes tests/fixtures/homes/NAME.tar.gz: a small home with its folder, as the Cairn of a checkout leaves it.
 *
 *   git worktree add /tmp/old COMMIT && deno run -A tests/support/make_home_fixture.ts /tmp/old NAME
 *
 * One for each format that a home has had, made before the next one: what is there is never made again.
 */
const [checkout, name] = Deno.args;
if (checkout === undefined || name === undefined) throw new Error("Say CHECKOUT and NAME");
const work = Deno.makeTempDirSync({ prefix: "cairn-home-" });

function cairn(device: string, ...args: string[]): Deno.Command {
  const home = ["--home", `${work}/${device}`];
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", `${checkout}/main.ts`, ...home, ...args],
    cwd: checkout!,
    stdout: "piped",
    stderr: "piped",
  });
}

async function ask(device: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await cairn(device, ...args).output();
  if (!success) throw new Error(`${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}

interface Told {
  readonly device: { readonly port: number };
  readonly folders: readonly { readonly files: number; readonly state: { readonly kind: string } }[];
}

async function until(device: string, what: string, is: (status: Told) => boolean): Promise<Told> {
  for (let i = 0; i < 600; i++) {
    const status = await ask(device, "status", "--json").then((text) => JSON.parse(text) as Told, () => null);
    if (status !== null && is(status)) return status;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`${device}: waited in vain for ${what}`);
}

const hasAll = (files: number) => ({ folders: [folder] }: Told) =>
  folder?.files === files && folder.state.kind === "up-to-date";

Deno.mkdirSync(`${work}/Notes/sub`, { recursive: true });
Deno.writeTextFileSync(`${work}/Notes/a.txt`, "alpha\n");
Deno.writeTextFileSync(`${work}/Notes/sub/ä b.txt`, "beta\n");
Deno.writeTextFileSync(`${work}/Notes/gone.txt`, "gone\n");
Deno.symlinkSync("a.txt", `${work}/Notes/link`);
const one = cairn("laptop", "up", `${work}/Notes`, "--name", "laptop").spawn();
await until("laptop", "its files", hasAll(4));
const { device: { port } } = await until("laptop", "its port", () => true);
const [code] = /[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}/.exec(await ask("laptop", "invite")) ?? [""];
const other = cairn(
  "desktop",
  "join",
  code,
  `${work}/Other`,
  "--at",
  `127.0.0.1:${port}`,
  "--name",
  "desktop",
).spawn();
await until("desktop", "the files", hasAll(4));
Deno.writeTextFileSync(`${work}/Other/from-desktop.txt`, "made there\n");
Deno.removeSync(`${work}/Notes/gone.txt`);
await until("laptop", "what the other made", hasAll(4));
await until("desktop", "the delete", ({ folders: [folder] }) => folder?.files === 4);
await ask("laptop", "folders", "set", "Notes", "strategy", "newest");
for (const child of [other, one]) {
  child.kill("SIGTERM");
  await child.output();
}
for (const left of ["lock", "api.json", "logs"]) {
  try {
    Deno.removeSync(`${work}/laptop/${left}`, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
const into = new URL(`../fixtures/homes/${name}.tar.gz`, import.meta.url).pathname;
const tar = new Deno.Command("tar", {
  args: ["--format=pax", "-C", work, "-I", "gzip -9n", "-cf", into, "laptop", "Notes"],
});
if (!(await tar.output()).success) throw new Error("tar failed");
Deno.removeSync(work, { recursive: true });
