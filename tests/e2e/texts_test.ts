/** Words in files of a device that is off, asked of another one; and reading that a kill has cut. */
import assert from "node:assert/strict";
import type { FindAnswer } from "../../src/daemon/find_types.ts";
import type { TextsAnswer } from "../../src/daemon/texts_types.ts";
import type { Device } from "../support/device.ts";
import { docx, pdf } from "../support/documents.ts";
import { converge, pairUp, start, until, World } from "../support/pair.ts";

const MANY = 400;

async function ask(device: Device, query: string): Promise<Response> {
  const { port, token } = JSON.parse(Deno.readTextFileSync(`${device.home}/api.json`));
  return await fetch(`http://127.0.0.1:${port}/v1/texts?${query}`, {
    headers: { authorization: `Bearer ${token}` },
  });
}

async function find(device: Device, words: string): Promise<TextsAnswer> {
  const answer = await ask(device, `words=${encodeURIComponent(words)}&limit=5`);
  assert.equal(answer.status, 200);
  return await answer.json();
}

function isFound(device: Device, words: string): Promise<void> {
  return until(`${words} to be found`, async () => (await find(device, words)).found.length > 0, device);
}

Deno.test("words in files are found by the device that has them and by others", async (t) => {
  await using world = new World();
  const { a, b } = await pairUp(world);
  Deno.writeFileSync(`${a.data}/letter.docx`, docx(["the wombat is well"]));
  Deno.writeFileSync(`${a.data}/bill.pdf`, pdf(["bandicoot invoice"]));
  await converge("the files", a, b);
  await isFound(a, "wombat");
  await isFound(b, `"bandicoot invoice"`);

  await t.step("with what stands around them", async () => {
    const { schema, found: [hit] } = await find(b, "wombat");
    assert.equal(schema, "cairn.texts/1");
    assert.equal(hit!.snippet, "the wombat is well");
    assert.deepEqual(hit!.marks, [[4, 10]]);
  });

  await t.step("by cairn find, beside names, and with the path", async () => {
    const told: FindAnswer = JSON.parse(await b.cli("find", "wombat", "--json"));
    assert.deepEqual(told.found.map(({ path, snippet }) => [path, snippet]), [[
      "letter.docx",
      "the wombat is well",
    ]]);
    const none: FindAnswer = JSON.parse(await b.cli("find", "--json", "--words", "--", "wombat", "-well"));
    assert.deepEqual(none.found, []);
    assert.match(await b.cli("find", '"bandicoot invoice"', "ext:pdf"), /bill\.pdf/);
  });

  await t.step("a question that is none is refused in words", async () => {
    const answer = await ask(b, "limit=5");
    assert.equal(answer.status, 400);
    const { code, message } = await answer.json();
    assert.equal(code, "usage");
    assert.match(message, /has words/);
    assert.equal((await ask(b, "words=x&limit=100000")).status, 400);
    assert.deepEqual((await find(b, `NEAR( "*`)).found, []);
  });

  await t.step("a device that is killed while it reads goes on where it was", async () => {
    Deno.mkdirSync(`${a.data}/many`);
    for (let i = 0; i < MANY; i++) Deno.writeTextFileSync(`${a.data}/many/${i}.txt`, `galah number${i}`);
    await converge("the many", a, b);
    await isFound(b, "galah");
    await b.kill();
    await a.kill();
    await start(b, "up");
    await until("all to be read", async () => (await find(b, "galah")).texts === MANY + 2, b);
    assert.equal((await find(b, `number${MANY - 1}`)).found.length, 1);
  });
});
