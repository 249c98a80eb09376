import assert from "node:assert/strict";
import { absolutePath, defaultHome, homeFor } from "../../src/cli/home.ts";

const ignore = Deno.build.os === "windows";
const env = (values: Record<string, string>) => (name: string) => values[name];

Deno.test({ name: "defaultHome() follows each platform's convention", ignore }, () => {
  assert.equal(defaultHome("linux", env({ HOME: "/home/ann" })), "/home/ann/.local/share/cairn");
  assert.equal(defaultHome("linux", env({ HOME: "/home/ann", XDG_DATA_HOME: "/data" })), "/data/cairn");
  assert.equal(
    defaultHome("linux", env({ HOME: "/home/ann", XDG_DATA_HOME: "relative" })),
    "/home/ann/.local/share/cairn",
  );
  assert.equal(
    defaultHome("darwin", env({ HOME: "/Users/ann", XDG_DATA_HOME: "/data" })),
    "/Users/ann/Library/Application Support/Cairn",
  );
  assert.match(defaultHome("windows", env({ LOCALAPPDATA: "C:\\Local" })), /^C:\\Local.Cairn$/);
});

Deno.test("defaultHome() says what to do when there is no user directory", () => {
  assert.throws(() => defaultHome("linux", env({})), { name: "CairnError", code: "home-unusable" });
});

Deno.test(
  { name: "homeFor() makes what is given absolute, and takes an empty CAIRN_HOME for none", ignore },
  () => {
    assert.equal(homeFor("h", env({ CAIRN_HOME: "/e" }), "linux", "/cwd"), "/cwd/h");
    assert.equal(homeFor(undefined, env({ CAIRN_HOME: "/e" }), "linux", "/cwd"), "/e");
    assert.equal(
      homeFor(undefined, env({ CAIRN_HOME: "", HOME: "/h" }), "linux", "/cwd"),
      "/h/.local/share/cairn",
    );
  },
);

Deno.test({ name: "absolutePath() resolves dots and a tilde that the shell left alone", ignore }, () => {
  const values = env({ HOME: "/home/ann" });
  assert.equal(absolutePath("../x/", values, "/cwd/sub"), "/cwd/x");
  assert.equal(absolutePath("~/Notes", values, "/cwd"), "/home/ann/Notes");
  assert.equal(absolutePath("~", values, "/cwd"), "/home/ann");
  assert.equal(absolutePath("~bob", values, "/cwd"), "/cwd/~bob");
});
