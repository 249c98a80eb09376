/** Ten changes of every kind, in a directory of their own. */
import { ROOT, type SimDevice } from "../world/device.ts";
import { move, remove, write } from "./stage.ts";

const LARGE = "a large file of many words. ".repeat(8_000);

/** What is there before: files with words of their own, so that each can be told apart. */
export function beforeTen(device: SimDevice, at: string): void {
  for (
    const name of [
      "replaced",
      "deleted",
      "moved",
      "touched",
      "to-directory",
      "dir/one",
      "dir/two",
      "to-file/in",
    ]
  ) {
    write(device, `${at}/${name}`, `${name} of ${at}`);
  }
  write(device, `${at}/large`, `${at} ${LARGE}`);
}

export function doTen(device: SimDevice, at: string): void {
  const { user } = device.disk;
  const path = (name: string) => `${ROOT}/${at}/${name}`;
  write(device, `${at}/new`, `new of ${at}`);
  write(device, `${at}/replaced`, `replaced again of ${at}`);
  remove(device, `${at}/deleted`);
  move(device, `${at}/moved`, `${at}/moved-on`);
  user.chmod(path("touched"), 0o600);
  remove(device, `${at}/to-directory`);
  write(device, `${at}/to-directory/in`, `in of ${at}`);
  move(device, `${at}/dir`, `${at}/directory`);
  remove(device, `${at}/to-file`);
  write(device, `${at}/to-file`, `to-file again of ${at}`);
  user.symlink(`target of ${at}`, path("link"));
  user.writeAt(path("large"), new TextEncoder().encode("changed"), 100_000);
}

/** What all must have in the end. */
export function afterTen(at: string): Record<string, string> {
  const before = `${at} ${LARGE}`;
  return {
    [`${at}/new`]: `new of ${at}`,
    [`${at}/replaced`]: `replaced again of ${at}`,
    [`${at}/moved-on`]: `moved of ${at}`,
    [`${at}/touched`]: `touched of ${at}`,
    [`${at}/to-directory/in`]: `in of ${at}`,
    [`${at}/directory/one`]: `dir/one of ${at}`,
    [`${at}/directory/two`]: `dir/two of ${at}`,
    [`${at}/to-file`]: `to-file again of ${at}`,
    [`${at}/large`]: `${before.slice(0, 100_000)}changed${before.slice(100_007)}`,
  };
}
