/** A disk that changes bytes by itself: the file's whole fingerprint stays, and no system call tells of it. */
import type { Fs, Stat } from "../../src/platform/ports.ts";

export interface RottingFs {
  readonly disk: (fs: Fs) => Fs;
  /** Flips a bit of the file at an absolute path. */
  rot(path: string, at?: number): void;
  /** Somebody renames it: that moves ctime, and nothing else. */
  rename(from: string, to: string): void;
  /** Somebody writes to it: from now on it has its real times. */
  thaw(path: string): void;
}

export function rottingFs(): RottingFs {
  const frozen = new Map<number, Stat>();
  const moved = new Set<number>();
  let real: Fs | null = null;
  return {
    disk(fs) {
      real = fs;
      return {
        ...fs,
        lstat(path) {
          const stat = fs.lstat(path);
          const before = stat === null ? undefined : frozen.get(stat.ino);
          return stat === null || before === undefined ? stat : {
            ...stat,
            mtimeMs: before.mtimeMs,
            ctimeMs: moved.has(stat.ino) ? stat.ctimeMs : before.ctimeMs,
          };
        },
        setMtime(path, mtimeMs) {
          fs.setMtime(path, mtimeMs);
          frozen.delete(fs.lstat(path)!.ino);
        },
      };
    },
    rot(path, at = 0) {
      const stat = real!.lstat(path)!;
      frozen.set(stat.ino, frozen.get(stat.ino) ?? stat);
      const bytes = Deno.readFileSync(path);
      bytes[at]! ^= 1;
      Deno.writeFileSync(path, bytes);
    },
    rename(from, to) {
      Deno.renameSync(from, to);
      moved.add(real!.lstat(to)!.ino);
    },
    thaw: (path) => void frozen.delete(real!.lstat(path)!.ino),
  };
}
