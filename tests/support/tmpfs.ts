/** Small disks in memory, for tests of full ones. Linux, and root. */

async function runs(program: string, ...args: string[]): Promise<boolean> {
  try {
    return (await new Deno.Command(program, { args, stdout: "null", stderr: "null" }).output()).success;
  } catch {
    return false;
  }
}

export class SmallDisk implements AsyncDisposable {
  private constructor(readonly path: string) {}

  /** Mounts a disk of so many MiB on a directory; null where that is not permitted. */
  static async mount(path: string, mebibytes: number): Promise<SmallDisk | null> {
    if (Deno.build.os !== "linux") return null;
    Deno.mkdirSync(path, { recursive: true });
    const isThere = await runs("mount", "-t", "tmpfs", "-o", `size=${mebibytes}m`, "cairn-test", path);
    return isThere ? new SmallDisk(path) : null;
  }

  /** Makes it larger or smaller; what is on it stays. */
  async resize(mebibytes: number): Promise<void> {
    if (!await runs("mount", "-o", `remount,size=${mebibytes}m`, this.path)) {
      throw new Error(`${this.path} cannot be resized`);
    }
  }

  /** Fills it to the last byte with a file of this name on it. */
  async fill(name: string): Promise<void> {
    await runs("dd", "if=/dev/zero", `of=${this.path}/${name}`, "bs=4096", "status=none");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Lazily: a device may still have it open, and is killed later.
    await runs("umount", "-l", this.path);
  }
}
