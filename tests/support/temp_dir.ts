/** A file system in memory, where the system has one mounted: for tests of what is counted, not of what is durable. */
export function memoryDirectory(): string | undefined {
  try {
    return Deno.statSync("/dev/shm").isDirectory ? "/dev/shm" : undefined;
  } catch {
    return undefined;
  }
}

/** A directory of a test's own, gone when the scope ends: `using dir = tempDir();`. */
export interface TempDir extends Disposable {
  readonly path: string;
  /** The path of a name in it. */
  at(name: string): string;
}

export function tempDir(where?: string): TempDir {
  const dir = where === undefined ? {} : { dir: where };
  const path = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "cairn-test-", ...dir }));
  return {
    path,
    at: (name) => `${path}/${name}`,
    [Symbol.dispose]() {
      Deno.removeSync(path, { recursive: true });
    },
  };
}
