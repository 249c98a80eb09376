/** The file of an export: whole, readable by who may, and by nobody else. */
import assert from "node:assert/strict";
import { encode } from "@msgpack/msgpack";
import type { BackupContents } from "../../../src/daemon/backup/contents.ts";
import { decodeContents, encodeContents } from "../../../src/daemon/backup/contents.ts";
import { encodeExport, readExport } from "../../../src/daemon/backup/file.ts";
import type { Stamp } from "../../../src/core/ids.ts";
import { encodeRecord } from "../../../src/core/record.ts";
import { realRandom } from "../../../src/platform/real/random.ts";
import { deviceOf, folderOf } from "../../support/entries.ts";
import { SAMPLE_RECORDS } from "../../support/sample_records.ts";

const CONTENTS: BackupContents = {
  identity: "who it is",
  name: "laptop",
  port: 22411,
  madeMs: 1_760_000_000_000,
  epoch: 3,
  lsn: 1234,
  counter: 77,
  stamp: 99 as Stamp,
  addresses: [[deviceOf(1), "192.0.2.7:22411", 5]],
  records: [
    { type: "local", key: "settings/scrub", value: { days: 7 } },
    { type: "fact", key: `pause/${folderOf(5)}`, value: true },
    SAMPLE_RECORDS.shared,
  ],
};
const write = (passphrase: string | null) => encodeExport(CONTENTS, passphrase, realRandom());
const unusable = (message: RegExp) => ({ code: "backup-unusable", message });

Deno.test("what an export has in it is what went into it, with a passphrase and without", () => {
  for (const passphrase of [null, "correct horse", "höher\u0301"]) {
    const read = readExport(write(passphrase));
    assert.equal(read.isEncrypted, passphrase !== null);
    assert.deepEqual(read.open(passphrase), CONTENTS);
  }
});

Deno.test("an encrypted export shows nothing, opens with its passphrase alone, and is another one each time", () => {
  const text = write("correct horse");
  assert.ok(!text.includes("who it is") && !text.includes("laptop"));
  for (const wrong of ["correct horsf", "", null]) {
    assert.throws(() => readExport(text).open(wrong), unusable(/passphrase is not the one/));
  }
  assert.notEqual(JSON.parse(text).payload, JSON.parse(write("correct horse")).payload);
});

Deno.test("a damaged export is told apart from a whole one, whatever byte it is", () => {
  const json = JSON.parse(write(null));
  const bytes = Uint8Array.fromBase64(json.payload);
  for (let at = 0; at < bytes.length; at += 7) {
    const flipped = bytes.slice();
    flipped[at]! ^= 4;
    assert.throws(
      () => readExport(JSON.stringify({ ...json, payload: flipped.toBase64() })),
      unusable(/checksum/),
    );
  }
  assert.throws(() => readExport(JSON.stringify(json).slice(0, -9)), unusable(/no export of Cairn/));
});

Deno.test("the numbers by which a key is made cannot be changed, nor be such that they take a machine's memory", () => {
  const json = JSON.parse(write("correct horse"));
  const changed = (cipher: object) => JSON.stringify({ ...json, cipher: { ...json.cipher, ...cipher } });
  assert.throws(() => readExport(changed({ n: 2 ** 15 })).open("correct horse"), unusable(/passphrase/));
  assert.throws(() => readExport(changed({ n: 2 ** 30 })), unusable(/damaged/));
  assert.throws(() => readExport(changed({ kdf: "none" })), unusable(/damaged/));
});

Deno.test("what is no export, and one of a newer Cairn, are refused in words", () => {
  for (const text of ["", "hello", "[]", "null", '{"format":"other"}']) {
    assert.throws(() => readExport(text), unusable(/no export of Cairn/));
  }
  const newer = JSON.stringify({ ...JSON.parse(write(null)), version: 2 });
  assert.throws(() => readExport(newer), unusable(/newer Cairn/));
});

Deno.test("nothing but settings comes into a journal by an export", () => {
  for (const record of [SAMPLE_RECORDS.boot, SAMPLE_RECORDS.rows]) {
    const bytes = encode({ ...CONTENTS, records: [encodeRecord(record)] });
    assert.throws(() => decodeContents(bytes), unusable(/record of the kind/));
  }
  const folder = folderOf(5);
  const replica = { path: "photos", mode: "sync", replica: "0".repeat(32) };
  for (
    const [record, what] of [
      [{ type: "local", key: "restoring", value: [] }, /a value "restoring"/],
      [{ type: "fact", key: "disk", value: "x" }, /a value "disk"/],
      [{ type: "local", key: `replica/${folder}`, value: replica }, /"photos" is no path/],
    ] as const
  ) assert.throws(() => decodeContents(encodeContents({ ...CONTENTS, records: [record] })), unusable(what));
  assert.deepEqual(decodeContents(encodeContents(CONTENTS)), CONTENTS);
});

Deno.test("a nonce of another length, and letters that make no bytes, are damage and no fault", () => {
  const text = encodeExport(CONTENTS, "secret", realRandom());
  for (
    const [from, to] of [[/"iv": "[^"]*"/, '"iv": ""'], [/"salt": "[^"]*"/, '"salt": "A"'], [
      /"payload": "/,
      '"payload": "A',
    ]] as const
  ) {
    assert.throws(() => readExport(text.replace(from, to)).open("secret"), unusable(/damaged/));
  }
});
