/** Exercises of what has to do with devices, folders and files, in the order in which they run. */
import assert from "node:assert/strict";
import { type Exercise, freePort, isThere, notes, notesThere, read, write } from "./exercise.ts";

/** What a command has shown is checked by its answer, what it has done by what came of it. */
export const SYNC_EXERCISES: Readonly<Record<string, Exercise>> = {
  "cairn up": async (x) => {
    Deno.mkdirSync(`${x.laptop.data}/Notes`);
    for (const name of ["a", "b", "c", "d", "e"]) write(notes(x, `${name}.txt`), `${name} wombat\n`);
    write(notes(x, "e again.txt"), "e wombat\n");
    const words = ["up", `${x.laptop.data}/Notes`, "--name", "laptop", "--port", freePort(), "--no-invite"];
    x.note(words);
    await x.laptop.startAndWait(...words);
    await x.quiet(x.third, "up", "--detach", "--no-invite", "--name", "third", "--quiet");
    assert.equal((await x.third.status()).device.name, "third");
  },
  "cairn invite": async (x) => {
    assert.match(await x.ok(x.laptop, "invite"), /^[0-9A-Z-]{14}\n$/);
    assert.match((await x.json(x.laptop, "invite")).code, /^[0-9A-Z-]{14}$/);
  },
  "cairn join": async (x) => {
    const at = await x.laptop.address();
    const words = ["join", await x.laptop.invite(), `${x.desktop.data}/Notes`, "--at", at];
    words.push("--folder", "Notes", "--name", "desktop", "--port", freePort());
    x.note(words);
    await x.desktop.start(...words);
    await x.until("the files to come", () => read(notesThere(x, "e.txt")) === "e wombat\n");
    await x.quiet(x.third, "join", await x.laptop.invite(), "--at", at, "--quiet", "--detach");
    assert.equal((await x.third.status()).peers.length, 2);
  },
  "cairn status": async (x) => {
    await x.until("all to be well", async () => /Notes .* up to date/.test(await x.ok(x.desktop, "status")));
    assert.equal((await x.json(x.laptop, "status")).device.name, "laptop");
    await x.follow(x.laptop, ["status", "--watch"], /Folders\n {2}Notes/);
  },
  "cairn devices": async (x) => {
    assert.match(await x.ok(x.laptop, "devices"), /^laptop {2}this device[^]*\ndesktop +connected/m);
    assert.equal((await x.json(x.laptop, "devices")).peers.length, 2);
  },
  "cairn devices rename": async (x) => {
    assert.match(await x.ok(x.laptop, "devices", "rename", "third", "tablet"), /tablet/);
    await x.json(x.laptop, "devices", "rename", "tablet", "phone");
    await x.until("it to know", async () => (await x.third.status()).device.name === "phone");
  },
  "cairn devices confirm": async (x) => {
    // Who is a member needs no confirming, and that is said; a suspended one is confirmed in tests/e2e/removal_test.ts.
    for (const more of ["--json", "--quiet"]) {
      const { code, stderr } = await x.run(x.laptop, "devices", "confirm", "phone", more);
      assert.equal(code, 2);
      assert.match(stderr, /^cairn: .*phone.*\n→ /);
    }
  },
  "cairn devices remove": async (x) => {
    await x.quiet(x.laptop, "devices", "remove", "phone", "--quiet");
    await x.until("it to hear of it", async () => /removed/.test((await x.third.run("status")).stdout));
    x.note(["join", "--again", "--add"]);
    await x.ok(x.third, "down");
    Deno.mkdirSync(`${x.third.data}/Notes`);
    write(`${x.third.data}/Notes/mine.txt`, "mine");
    const code = await x.laptop.invite();
    const again = [
      "--again",
      "--add",
      "--folder",
      "Notes",
      "--at",
      await x.laptop.address(),
      "--name",
      "other",
    ];
    await x.third.start("join", code, `${x.third.data}/Notes`, ...again);
    await x.until("its file to come", () => read(notes(x, "mine.txt")) === "mine");
    const { name } = await x.json(x.third, "devices", "remove", "other", "--self");
    assert.equal(name, "other");
    await x.until("it to be out", async () => {
      return !(await x.laptop.status()).peers.some((peer) => peer.name === "other");
    });
    await x.third.stop();
  },
  "cairn folders add": async (x) => {
    Deno.mkdirSync(`${x.laptop.data}/docs`);
    write(`${x.laptop.data}/docs/a.txt`, "one");
    const { folder } = await x.json(
      x.laptop,
      ...["folders", "add", `${x.laptop.data}/docs`, "--name", "Docs", "--mode", "sync"],
    );
    assert.equal(folder.name, "Docs");
    await x.until(
      "the desktop to know",
      async () => (await x.json(x.desktop, "folders")).notHere.length === 1,
    );
    await x.quiet(x.desktop, "folders", "add", "Docs", `${x.desktop.data}/docs`, "--add", "--quiet");
    x.note(["up", "--folder", "--add"]);
    const { stdout } = await x.run(x.desktop, "up", `${x.desktop.data}/docs`, "--folder", "Docs", "--add");
    assert.doesNotMatch(stdout, /undefined/);
    await x.until("its file to come", () => read(`${x.desktop.data}/docs/a.txt`) === "one");
  },
  "cairn folders": async (x) => {
    assert.match(await x.ok(x.laptop, "folders"), /^Docs .*\n {2}sync here, desktop \(sync\)/m);
  },
  "cairn folders mode": async (x) => {
    assert.equal((await x.json(x.desktop, "folders", "mode", "Docs", "receive", "--dry-run")).dryRun, true);
    await x.quiet(x.desktop, "folders", "mode", "Docs", "receive", "--quiet");
    assert.match(await x.ok(x.desktop, "folders"), /receive here/);
  },
  "cairn revert": async (x) => {
    write(`${x.desktop.data}/docs/a.txt`, "changed where nothing is given");
    await x.until("it to be seen", async () => (await x.json(x.desktop, "revert", "Docs")).changed === 1);
    assert.match(await x.ok(x.desktop, "revert", "Docs", "--yes", "--dry-run"), /add --yes/);
    await x.ok(x.desktop, "revert", "Docs", "--yes");
    await x.until("what was there", () => read(`${x.desktop.data}/docs/a.txt`) === "one");
  },
  "cairn override": async (x) => {
    await x.ok(x.desktop, "folders", "mode", "Docs", "sync");
    await x.ok(x.laptop, "folders", "mode", "Docs", "send");
    write(`${x.desktop.data}/docs/a.txt`, "changed there");
    await x.until("it to differ", async () => (await x.json(x.laptop, "override", "Docs")).replaced === 1);
    assert.match(await x.ok(x.laptop, "override", "Docs", "--yes", "--dry-run"), /add --yes/);
    await x.ok(x.laptop, "override", "Docs", "--yes");
    await x.until("it to be as here", () => read(`${x.desktop.data}/docs/a.txt`) === "one");
  },
  "cairn folders rename": async (x) => {
    assert.match(await x.ok(x.laptop, "folders", "rename", "Docs", "Papers"), /Papers/);
    await x.json(x.laptop, "folders", "rename", "Papers", "Letters");
    await x.until("it to be told", async () => /^Letters /m.test(await x.ok(x.desktop, "folders")));
  },
  "cairn folders move": async (x) => {
    await x.ok(x.laptop, "folders", "move", "Letters", `${x.laptop.data}/moved`);
    assert.equal(read(`${x.laptop.data}/moved/a.txt`), "one");
    await x.json(x.laptop, "folders", "move", "Letters", `${x.laptop.data}/letters`);
    assert.equal(read(`${x.laptop.data}/letters/a.txt`), "one");
  },
  "cairn folders settings": async (x) => {
    assert.match(await x.ok(x.laptop, "folders", "settings", "Letters"), /^versions-days +30 +this device/m);
    assert.ok((await x.json(x.laptop, "folders", "settings", "Letters")).settings.length > 5);
  },
  "cairn folders set": async (x) => {
    await x.quiet(x.laptop, "folders", "set", "Letters", "versions-days", "90", "--quiet");
    assert.match(await x.ok(x.laptop, "folders", "settings", "Letters"), /^versions-days +90/m);
    await x.json(x.laptop, "folders", "set", "Letters", "versions-days", "30");
  },
  "cairn folders keep": async (x) => {
    const keep = ["folders", "keep", "Letters"];
    await x.refused(x.desktop, [...keep, "#"], /"#" is no pattern/);
    await x.refused(x.desktop, [...keep, "a", "--all"], /do not go together/);
    await x.refused(x.desktop, [...keep, "--dry-run"], /is for patterns/);
    assert.match(await x.ok(x.desktop, ...keep, "!old/", "--dry-run"), /would keep '!old\/'/);
    await x.quiet(x.desktop, ...keep, "!old/", "--quiet");
    Deno.mkdirSync(`${x.laptop.data}/letters/old`);
    write(`${x.laptop.data}/letters/old/b.txt`, "two");
    await x.until("it to be listed", async () => (await x.json(x.desktop, ...keep)).listed.files === 1);
    assert.equal(isThere(`${x.desktop.data}/docs/old/b.txt`), false);
    assert.match(await x.ok(x.desktop, ...keep, "--again"), /this device keeps '!old\/'/);
    await x.ok(x.desktop, ...keep, "--all");
    await x.until("it to come", () => isThere(`${x.desktop.data}/docs/old/b.txt`));
  },
  "cairn folders remove": async (x) => {
    assert.equal((await x.json(x.laptop, "folders", "remove", "Letters", "--dry-run")).done, false);
    await x.quiet(x.laptop, "folders", "remove", "Letters", "--purge-versions", "--quiet");
    assert.equal(read(`${x.laptop.data}/letters/a.txt`), "one");
    assert.deepEqual((await x.laptop.status()).folders.map(({ name }) => name), ["Notes"]);
  },
  "cairn find": async (x) => {
    const found = async () => (await x.json(x.desktop, "find", "wombat", "--words", "--limit", "2")).found;
    await x.until("words to be known", async () => (await found()).length === 2);
    assert.match(await x.ok(x.laptop, "find", "b.txt"), /Notes\/b\.txt +desktop, laptop \(this device\)\n/);
  },
  "cairn ls": async (x) => {
    assert.match(await x.ok(x.laptop, "ls", "Notes"), /^a\.txt\nb\.txt\n/);
    assert.match(await x.ok(x.laptop, "ls", "desktop:Notes", "--long"), /^-rw.* {2}a\.txt$/m);
    assert.ok((await x.json(x.laptop, "ls", "Notes")).entries.length >= 6);
  },
  "cairn tree": async (x) => {
    assert.match(await x.ok(x.laptop, "tree", "--depth", "2", "--limit", "9"), /Notes\/\n {2}a\.txt/);
    await x.json(x.laptop, "tree", "Notes");
  },
  "cairn stat": async (x) => {
    assert.match(await x.ok(x.laptop, "stat", "Notes/a.txt"), /^Notes\/a\.txt\n[^]*desktop +held/m);
    assert.equal((await x.json(x.laptop, "stat", "Notes/a.txt")).size, 9);
  },
  "cairn where": async (x) => {
    assert.match(await x.ok(x.laptop, "where", "Notes/a.txt"), /in 1 place on 2 devices:\n/);
    assert.equal((await x.json(x.laptop, "where", notes(x, "e.txt"))).content.placesTotal, 2);
  },
  "cairn du": async (x) => {
    assert.match(await x.ok(x.laptop, "du", "--depth", "1"), /^desktop +\d+ .*\n/m);
    assert.equal((await x.json(x.laptop, "du", "Notes")).devices.length, 2);
  },
  "cairn dupes": async (x) => {
    await x.until("them to be counted", async () => {
      return /e again\.txt/.test(await x.ok(x.laptop, "dupes", "Notes", "--within", "--min-size", "1"));
    });
    assert.equal((await x.json(x.laptop, "dupes", "--across", "--limit", "3")).groupsTotal, 0);
  },
  "cairn guard set": async (x) => {
    const words = ["guard", "set", "Notes", "--copies", "2", "--on", "desktop", "--verified", "30"];
    assert.equal((await x.json(x.laptop, ...words)).policies.length, 1);
    await x.quiet(x.laptop, "guard", "set", "all", "--copies", "1", "--quiet");
  },
  "cairn guard": async (x) => {
    assert.match(await x.ok(x.laptop, "guard"), /Asked for:\n[^]*Notes +2 copies, on desktop/);
    assert.equal((await x.json(x.laptop, "guard")).policies.length, 2);
  },
  "cairn guard unset": async (x) => {
    await x.quiet(x.laptop, "guard", "unset", "all", "--quiet");
    assert.equal((await x.json(x.laptop, "guard", "unset", "Notes")).policies.length, 0);
  },
  "cairn tag": async (x) => {
    await x.quiet(x.laptop, "tag", "Notes/a.txt", "+work", "--note", "for later", "--quiet");
    assert.match(JSON.stringify(await x.json(x.laptop, "tag", "Notes/b.txt", "+here", "--path")), /here/);
    assert.match(await x.ok(x.laptop, "find", "tag:work"), /Notes\/a\.txt/);
  },
  "cairn tags": async (x) => {
    assert.match(await x.ok(x.laptop, "tags"), /^here +1\nwork +1$/m);
    assert.equal((await x.json(x.laptop, "tags")).tags.length, 2);
  },
  "cairn pause": async (x) => {
    assert.match(await x.ok(x.desktop, "pause", "Notes"), /Notes/);
    await x.json(x.desktop, "pause", "all");
    for (const name of ["a.txt", "b.txt"]) {
      write(notes(x, name), "by the laptop\n");
      write(notesThere(x, name), "by the desktop, longer\n");
    }
    assert.match(await x.ok(x.desktop, "status"), /all is paused/);
  },
  "cairn conflicts": async (x) => {
    await x.ok(x.desktop, "resume", "all");
    await x.json(x.desktop, "resume", "Notes");
    await x.until(
      "both to be there",
      async () => (await x.json(x.laptop, "conflicts")).conflicts.length === 2,
    );
    await x.until("all to be well", async () => await x.laptop.upToDate() && await x.desktop.upToDate());
    const words = ["conflicts", notes(x, "a.txt"), "--folder", "Notes", "--diff"];
    assert.match(await x.ok(x.laptop, ...words), /^[-+]by the laptop$/m);
  },
  "cairn conflicts diff": async (x) => {
    assert.match(await x.ok(x.laptop, "conflicts", "diff", notes(x, "b.txt")), /^[-+]by the laptop$/m);
  },
  "cairn conflicts resolve": async (x) => {
    await x.json(x.laptop, "conflicts", "resolve", notes(x, "a.txt"), "--keep", "mine");
    await x.quiet(x.laptop, "conflicts", "resolve", notes(x, "b.txt"), "--keep", "theirs", "--quiet");
    assert.equal(read(notes(x, "a.txt")), "by the laptop\n");
    assert.equal(read(notes(x, "b.txt")), "by the desktop, longer\n");
    await x.until("it to be told", () => read(notesThere(x, "a.txt")) === "by the laptop\n");
  },
  "cairn versions": async (x) => {
    write(notes(x, "c.txt"), "c anew\n");
    await x.until("it to come", () => read(notesThere(x, "c.txt")) === "c anew\n");
    assert.match(
      await x.ok(x.desktop, "versions", notesThere(x, "c.txt")),
      /1 version\n[^]*replaced by laptop/,
    );
    const { versions } = await x.json(x.desktop, "versions", notesThere(x, ""), "--limit", "9");
    assert.ok(versions.length > 0);
  },
  "cairn restore": async (x) => {
    const [{ id }] = (await x.json(x.desktop, "versions", notesThere(x, "c.txt"))).versions;
    const to = x.bare.at("restored.txt");
    const words = ["restore", notesThere(x, "c.txt"), "--version", id, "--to", to];
    assert.equal((await x.json(x.desktop, ...words, "--dry-run")).dryRun, true);
    assert.equal(isThere(to), false);
    await x.quiet(x.desktop, ...words, "--quiet");
    assert.equal(read(to), "c wombat\n");
    await x.ok(x.desktop, "restore", notesThere(x, ""), "--at", "1s ago", "--dry-run");
  },
  "cairn resume": async (x) => {
    for (const setting of [["brake-files", "1"], ["brake-share", "1%"]]) {
      await x.ok(x.laptop, "config", "set", ...setting, "--folder", "Notes");
    }
    const doomed = ["d.txt", "e.txt", "e again.txt"];
    const halted = async () => (await x.laptop.status()).folders[0]!.state.kind === "stopped";
    const remove = async () => {
      for (const name of doomed) Deno.removeSync(notesThere(x, name));
      await x.until("the brake", halted);
    };
    await remove();
    assert.match(await x.ok(x.laptop, "resume", "Notes"), /is halted: [^]*--accept[^]*--reject/);
    await x.json(x.laptop, "resume", "Notes", "--reject");
    await x.until("them to be back", () => doomed.every((name) => isThere(notesThere(x, name))));
    await x.until("all to be well", async () => await x.laptop.upToDate() && await x.desktop.upToDate());
    await remove();
    await x.ok(x.laptop, "resume", "Notes", "--accept");
    await x.until("them to be gone", () => !doomed.some((name) => isThere(notes(x, name))));
  },
};
