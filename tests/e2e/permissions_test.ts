/** The permissions that executables have on macOS and Windows are enough for what the program does there. */
import assert from "node:assert/strict";
import { bundleInto, MAIN } from "../../scripts/build/bundle.ts";
import { permissionFlags, V8_FLAGS } from "../../scripts/build/permissions.ts";
import { Device } from "../support/device.ts";
import { tempDir } from "../support/temp_dir.ts";
import { waitFor } from "../support/wait.ts";

Deno.test({
  name: "with the permissions of macOS, and its ways of doing things, two devices pair and sync",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    using dir = tempDir();
    const bundle = await bundleInto(dir.at("program"), "0123456789ab");
    for (const [path, source] of bundle) {
      Deno.writeTextFileSync(dir.at(`program/${path}`), source.replaceAll("Deno.build.os", '"darwin"'));
    }
    const flags = [...permissionFlags("macos"), V8_FLAGS, "--no-config", "--no-remote", "--no-npm"];
    const program = [Deno.execPath(), "run", ...flags, dir.at(`program/${MAIN}`)];
    const [a, b] = ["laptop", "desktop"].map((name) => new Device(name, dir.at(name), undefined, program));
    try {
      Deno.writeTextFileSync(`${a!.data}/first.txt`, "from the laptop");
      await a!.startAndWait("up", a!.data);
      await b!.startAndWait("join", await a!.invite(), b!.data, "--at", await a!.address());
      const arrives = (path: string) =>
        waitFor(`${path} to arrive`, () => {
          try {
            return Deno.readTextFileSync(path).startsWith("from the");
          } catch {
            return false;
          }
        });
      await arrives(`${b!.data}/first.txt`);
      Deno.writeTextFileSync(`${b!.data}/answer.txt`, "from the desktop");
      await arrives(`${a!.data}/answer.txt`);
      await waitFor("the laptop to be up to date", () => a!.upToDate());
      assert.doesNotMatch(a!.logTail() + b!.logTail(), /Requires|NotCapable|permission/);
    } catch (error) {
      throw new Error(`${a!.logTail()}\n${b!.logTail()}`, { cause: error });
    } finally {
      await Promise.allSettled([a!.stop(), b!.stop()]);
    }
  },
});
