/** A disk of its own in a file, mounted, of which single bits can be changed behind the back of the file system. Linux, and root. */

async function output(program: string, ...args: string[]): Promise<string | null> {
  try {
    const { success, stdout } = await new Deno.Command(program, { args, stderr: "null" }).output();
    return success ? new TextDecoder().decode(stdout) : null;
  } catch {
    return null;
  }
}

const BLOCK_BYTES = 4096;

export class RottingDisk implements AsyncDisposable {
  private constructor(readonly path: string, readonly image: string) {}

  /** Mounts a disk of so many MiB on a directory; null where that is not permitted. */
  static async mount(path: string, image: string, mebibytes: number): Promise<RottingDisk | null> {
    if (Deno.build.os !== "linux") return null;
    Deno.mkdirSync(path, { recursive: true });
    Deno.writeFileSync(image, new Uint8Array(0));
    Deno.truncateSync(image, mebibytes * 2 ** 20);
    // Data goes to the disk as it is, and inodes have times as fine as elsewhere.
    const made = await output("mkfs.ext4", "-q", "-F", "-b", String(BLOCK_BYTES), "-I", "256", image);
    const isThere = made !== null && await output("mount", "-o", "loop", image, path) !== null;
    return isThere ? new RottingDisk(path, image) : null;
  }

  /** Flips a bit of a file where it lies on the disk. Its times and size, and what the system has in memory, stay. */
  async rot(file: string): Promise<void> {
    await output("sync", "-f", file);
    const { ino } = Deno.lstatSync(file);
    const block = Number((await output("debugfs", "-R", `bmap <${ino}> 0`, this.image))?.trim());
    if (!(block > 0)) throw new Error(`${file} lies nowhere on ${this.image}`);
    const image = Deno.openSync(this.image, { read: true, write: true });
    try {
      const byte = new Uint8Array(1);
      image.seekSync(block * BLOCK_BYTES, Deno.SeekMode.Start);
      image.readSync(byte);
      byte[0]! ^= 1;
      image.seekSync(block * BLOCK_BYTES, Deno.SeekMode.Start);
      image.writeSync(byte);
      image.syncDataSync();
    } finally {
      image.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Lazily: a device may still have it open, and is killed later.
    await output("umount", "-l", this.path);
  }
}
