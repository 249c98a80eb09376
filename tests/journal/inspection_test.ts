/** Looking at a journal: all that a start would mend is told, and nothing is touched. */
import assert from "node:assert/strict";
import { inspectJournal } from "../../src/journal/inspection.ts";
import { realFs } from "../../src/platform/real/fs.ts";
import { fill, type Home, homeAt } from "../support/ledgers.ts";
import { tempDir } from "../support/temp_dir.ts";

/** A home with three segments, closed in order. */
async function threeSegments(path: string): Promise<Home> {
  const home = homeAt(path);
  for (let round = 0; round < 3; round++) {
    const ledger = await home.open();
    await fill(ledger, round);
    await ledger.close();
  }
  return home;
}

const look = (home: Home, isRunning = false) => inspectJournal(realFs(), `${home.path}/journal`, isRunning);

function flip(path: string, at: (size: number) => number): void {
  const bytes = Deno.readFileSync(path);
  bytes[at(bytes.length)]! ^= 0xff;
  Deno.writeFileSync(path, bytes);
}

/** Names, sizes and contents of all files. */
function image(dir: string): [string, string][] {
  return [...Deno.readDirSync(dir)].map((
    { name },
  ): [string, string] => [name, Deno.readFileSync(`${dir}/${name}`).join()])
    .sort();
}

Deno.test("a sound journal has no troubles, and its last record is known", async () => {
  using dir = tempDir();
  const home = await threeSegments(dir.path);
  const seen = await look(home);
  assert.deepEqual(seen.troubles, []);
  assert.equal(seen.segments, 3);
  assert.equal(seen.records, seen.lastLsn);
  const ledger = await home.open();
  assert.equal(seen.lastLsn + 1, ledger.lastLsn); // the boot that this open has appended
  await ledger.close();
});

Deno.test("a damaged middle, a segment that is gone and a half record are told, and left as they are", async () => {
  using dir = tempDir();
  const home = await threeSegments(dir.path);
  const [first, second, last] = home.files(".seg");
  const whole = image(`${dir.path}/journal`);
  const codes = async (isRunning = false) => {
    const before = image(`${dir.path}/journal`);
    const { troubles } = await look(home, isRunning);
    assert.deepEqual(image(`${dir.path}/journal`), before);
    return troubles.map(({ code }) => code);
  };
  const mend = () =>
    whole.forEach(([name, bytes]) =>
      Deno.writeFileSync(`${dir.path}/journal/${name}`, Uint8Array.from(bytes.split(","), Number))
    );

  flip(second!, (size) => size >> 1);
  assert.deepEqual(await codes(), ["segment-damaged"]);
  mend();
  flip(second!, () => 3);
  assert.deepEqual(await codes(), ["segment-damaged"]);
  mend();
  Deno.removeSync(second!);
  assert.deepEqual(await codes(), ["segment-missing"]);
  mend();
  Deno.removeSync(first!);
  assert.deepEqual(await codes(), ["segment-missing"]);
  mend();
  Deno.truncateSync(last!, Deno.statSync(last!).size - 3);
  assert.deepEqual(await codes(), ["torn-tail"]);
  assert.deepEqual(await codes(true), [], "a device that runs is just writing it");
  mend();
  assert.deepEqual(await codes(), []);
});

Deno.test("what a snapshot covers is history: damage in it is told as that; a damaged snapshot is told", async () => {
  using dir = tempDir();
  const home = await threeSegments(dir.path);
  const ledger = await home.open();
  await ledger.snapshot();
  await ledger.close();
  assert.deepEqual((await look(home)).troubles, []);
  flip(home.files(".seg")[1]!, (size) => size >> 1);
  assert.deepEqual((await look(home)).troubles.map(({ code }) => code), ["history-damaged"]);
  flip(home.files(".snap")[0]!, (size) => size - 2);
  assert.ok((await look(home)).troubles.some(({ code }) => code === "snapshot-damaged"));
});
