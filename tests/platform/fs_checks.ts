/** What the tests of a file system say in one line. */
import assert from "node:assert/strict";
import { type Fs, type FsCode, FsError, type PinnedDir } from "../../src/platform/ports.ts";

/** Registers a test on a file system, `at` makes paths in its empty directory. */
export type Test = (
  what: string,
  run: (fs: Fs, at: (path: string) => string) => void | Promise<void>,
) => void;

export const text = (value: string) => new TextEncoder().encode(value);

export async function put(fs: Fs, path: string, content: string, mode = 0o644): Promise<void> {
  const handle = fs.open(path, "create");
  await handle.write(text(content), 0);
  handle.close();
  fs.chmod(path, mode);
}

export function read(fs: Fs, path: string, maxBytes = 1000): string | null {
  const bytes = fs.readSmall(path, maxBytes);
  return bytes === null ? null : new TextDecoder().decode(bytes);
}

export function withPin(pin: PinnedDir, run: (pin: PinnedDir) => void): void {
  try {
    run(pin);
  } finally {
    pin.close();
  }
}

export function fails(code: FsCode, call: () => unknown): void {
  assert.throws(call, (error) => error instanceof FsError && same(error.code, code));
}

export async function failsLater(code: FsCode, call: () => Promise<unknown>): Promise<void> {
  await assert.rejects(call, (error) => error instanceof FsError && same(error.code, code));
}

function same(actual: FsCode, expected: FsCode): boolean {
  assert.equal(actual, expected);
  return true;
}
