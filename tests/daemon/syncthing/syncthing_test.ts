/** Taking over from Syncthing: its configuration as it is written, and its patterns as they are meant (docs.syncthing.net/users/ignoring). */
import assert from "node:assert/strict";
import { readSyncthingConfig } from "../../../src/daemon/syncthing/config.ts";
import { SYNCTHINGS_OWN, translateIgnores } from "../../../src/daemon/syncthing/patterns.ts";
import { planSyncthing } from "../../../src/daemon/syncthing/plan.ts";
import { parseIgnore } from "../../../src/folder/ignore.ts";
import { realFs } from "../../../src/platform/real/fs.ts";
import { pathOf } from "../../support/entries.ts";
import { tempDir } from "../../support/temp_dir.ts";

const CONFIG = `<?xml version="1.0" encoding="UTF-8"?>
<configuration version="37">
    <!-- <folder id="not" path="/not"></folder> -->
    <folder id="abcd-1234" label="Photos &amp; more" path="~/Photos" type="sendreceive" rescanIntervalS="3600">
        <filesystemType>basic</filesystemType>
        <device id="P56IOI7-MZJNU2Y" introducedBy=""><encryptionPassword></encryptionPassword></device>
        <versioning type="staggered"><param key="maxAge" val="100"></param></versioning>
        <paused>false</paused>
    </folder>
    <folder id="efgh" label="" path="/srv/out" type="sendonly"><paused>true</paused></folder>
    <folder id="crypt" label="Crypt" path="/srv/crypt" type="receiveencrypted"></folder>
    <device id="P56IOI7-MZJNU2Y" name="nas"><paused>true</paused></device>
    <defaults>
        <folder id="" label="" path="~" type="sendreceive"><paused>false</paused></folder>
    </defaults>
</configuration>
`;

Deno.test("the folders of a config.xml are read, and not what new ones begin with", () => {
  assert.deepEqual(readSyncthingConfig(CONFIG), [
    { id: "abcd-1234", label: "Photos & more", path: "~/Photos", type: "sendreceive", isPaused: false },
    { id: "efgh", label: "", path: "/srv/out", type: "sendonly", isPaused: true },
    { id: "crypt", label: "Crypt", path: "/srv/crypt", type: "receiveencrypted", isPaused: false },
  ]);
});

Deno.test("what is no configuration, or was cut off, is refused", () => {
  const bad = [
    "",
    "no xml",
    "<html></html>",
    CONFIG.slice(0, -20),
    CONFIG.slice(0, 300),
    "{}",
    "<a><configuration></configuration></a>",
  ];
  for (const xml of bad) assert.throws(() => readSyncthingConfig(xml), { code: "usage" }, xml);
});

/** Paths that stay ignored, `/` at the end for directories. */
function ignored(stignore: string, ...paths: string[]): string[] {
  const rules = parseIgnore(translateIgnores(stignore).lines.join("\n"));
  return paths.filter((path) => rules.ignores(pathOf(path.replace(/\/$/, "")), path.endsWith("/")));
}

const whys = (stignore: string) => translateIgnores(stignore).remarks.map(({ line }) => line);

Deno.test("patterns mean here what they mean there", () => {
  assert.deepEqual(ignored("foo", "foo", "a/foo", "foo/x", "a/foo/x", "foobar"), [
    "foo",
    "a/foo",
    "foo/x",
    "a/foo/x",
  ]);
  assert.deepEqual(ignored("/foo", "foo", "a/foo"), ["foo"]);
  assert.deepEqual(ignored("foo/bar", "foo/bar", "a/foo/bar", "bar"), ["foo/bar", "a/foo/bar"]);
  assert.deepEqual(ignored("foo/", "foo/", "foo/x", "a/foo/x/y"), ["foo/x", "a/foo/x/y"]);
  assert.deepEqual(ignored("te*ne", "telephone", "subdir/telephone", "tele/phone"), [
    "telephone",
    "subdir/telephone",
  ]);
  assert.deepEqual(ignored("a/**/b", "a/x/y/b", "z/a/x/b"), ["a/x/y/b", "z/a/x/b"]);
  assert.deepEqual(ignored("[a-c]?.txt\n// a comment\n\n  z  ", "ab.txt", "zb.txt", "z"), ["ab.txt", "z"]);
  assert.deepEqual(ignored("*.{jpg,png}", "a.jpg", "d/b.png", "c.gif"), ["a.jpg", "d/b.png"]);
  assert.deepEqual(ignored("{a,b{1,2}}x", "ax", "b1x", "b2x", "bx"), ["ax", "b1x", "b2x"]);
  assert.deepEqual(ignored("(?i)Thumbs.db", "thumbs.DB", "Thumbs_db"), ["thumbs.DB"]);
  assert.deepEqual(ignored("(?d).DS_Store", "x/.DS_Store"), ["x/.DS_Store"]);
  assert.deepEqual(ignored("\\{a\\}", "{a}", "a"), ["{a}"]);
});

Deno.test("the first pattern that matches decides there, and does so here", () => {
  assert.deepEqual(ignored("!frobble\nfrob*", "frobble", "frobnicate", "d/frobble/x"), ["frobnicate"]);
  assert.deepEqual(ignored("frob*\n!frobble", "frobble"), ["frobble"]);
  const onlyKeep = "!/keep\n*";
  assert.deepEqual(ignored(onlyKeep, "keep/", "keep/a/b", "other", "other/keep"), ["other", "other/keep"]);
  assert.deepEqual(whys(onlyKeep), []);
  assert.deepEqual(ignored("!/a/b.txt\n*.txt", "a/b.txt", "a/c.txt"), ["a/c.txt"]);
});

Deno.test("what cannot be said is told line by line, and nothing else is", () => {
  assert.deepEqual(
    whys("foo\n#include other\n#escape=|\na**b\n{a,b\n!\n(?i)[a]x\n(?d)x\n!a/b\n!c\n!/d\nbar"),
    [2, 3, 4, 5, 6, 7, 8, 9, 10],
  );
  assert.deepEqual(translateIgnores("a**b\nfoo").lines, ["foo"]);
  const many = `{${Array.from({ length: 65 }, (_, i) => `n${i}`).join()}}`;
  assert.deepEqual(whys(many), [1]);
  assert.deepEqual(whys("{a,b}".repeat(40)), [1], "and it is found out at once");
});

Deno.test("a plan says of each folder how it is taken, or why not; an own .cairnignore stays", () => {
  using dir = tempDir();
  Deno.mkdirSync(dir.at("Photos"));
  Deno.writeTextFileSync(dir.at("Photos/.stignore"), "*.tmp\na**b\n");
  Deno.writeTextFileSync(dir.at("config.xml"), CONFIG);
  const absolute = (path: string) => path.replace(/^~/, dir.path);
  const [photos, out, crypt] = planSyncthing(realFs(), dir.at("config.xml"), absolute);
  assert.deepEqual([photos!.name, photos!.path, photos!.mode], ["Photos & more", dir.at("Photos"), "sync"]);
  assert.deepEqual(photos!.ignore, ["*.tmp", ...SYNCTHINGS_OWN, ""].join("\n"));
  assert.deepEqual(photos!.remarks.map(({ line, text }) => [line, text]), [[2, "a**b"]]);
  assert.match(out!.why, /paused/);
  assert.match(crypt!.why, /encrypted/);
  Deno.writeTextFileSync(dir.at("Photos/.cairnignore"), "mine\n");
  assert.equal(planSyncthing(realFs(), dir.at("config.xml"), absolute)[0]!.ignore, null);
  Deno.removeSync(dir.at("Photos"), { recursive: true });
  assert.match(planSyncthing(realFs(), dir.at("config.xml"), absolute)[0]!.why, /not there/);
  assert.throws(() => planSyncthing(realFs(), dir.at("none.xml"), absolute), { code: "path-unusable" });
});

Deno.test("what Syncthing keeps for itself is ignored: its versions are not files of the folder", () => {
  const rules = parseIgnore(SYNCTHINGS_OWN.join("\n"));
  for (
    const path of [
      ".stfolder",
      ".stversions/a.txt",
      ".stignore",
      "d/.syncthing.a.txt.tmp",
      "~syncthing~a.txt.tmp",
    ]
  ) {
    assert.ok(rules.ignores(pathOf(path), false), path);
  }
  assert.ok(!rules.ignores(pathOf("d/.stignore"), false));
});
