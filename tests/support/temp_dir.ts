/** A directory of a test's own, gone when the scope ends: `using dir = tempDir();`. */
export interface TempDir extends Disposable {
  readonly path: string;
  /** The path of a name in it. */
  at(name: string): string;
}

export function tempDir(): TempDir {
  const path = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "cairn-test-" }));
  return {
    path,
    at: (name) => `${path}/${name}`,
    [Symbol.dispose]() {
      Deno.removeSync(path, { recursive: true });
    },
  };
}
