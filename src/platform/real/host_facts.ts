/** What `cairn doctor` wants to know of the machine and no port tells. Everything is only looked at. */
import * as fs from "node:fs";
import { networkInterfaces, tmpdir } from "node:os";
import { connect } from "node:net";
import { join } from "node:path";

export interface HostFacts {
  readonly os: string;
  readonly arch: string;
  /** The user who asks; null where users have no numbers. */
  readonly user: number | null;
  /** Owner and permission bits, symlinks followed; null where nothing is there, or the system has no such thing. */
  ownership(path: string): { readonly owner: number; readonly mode: number } | null;
  /** Whether this user may, as the system says without trying. */
  may(path: string, what: "read" | "write"): boolean;
  /** IPv4 addresses at which other computers can reach this one. */
  addresses(): string[];
  /** The kernel's limits for watching; null where there are none of this kind. */
  watchLimits(): { readonly watches: number; readonly instances: number } | null;
  /** Whether anybody answers on a TCP port of this machine. */
  isAnswered(port: number): Promise<boolean>;
  /** Copies files into a new directory that only this user can read; null where there is no room for them. */
  copyAside(paths: readonly string[]): { readonly dir: string; remove(): void } | null;
}

const CONNECT_MS = 1_000;
const INOTIFY = "/proc/sys/fs/inotify";

export function realHostFacts(): HostFacts {
  return {
    os: Deno.build.os,
    arch: Deno.build.arch,
    user: Deno.uid(),
    ownership(path) {
      if (Deno.build.os === "windows") return null;
      try {
        const { uid, mode } = fs.statSync(path);
        return { owner: uid, mode: mode & 0o777 };
      } catch {
        return null;
      }
    },
    may(path, what) {
      try {
        fs.accessSync(path, what === "read" ? fs.constants.R_OK : fs.constants.W_OK);
        return true;
      } catch {
        return false;
      }
    },
    addresses: () =>
      Object.values(networkInterfaces()).flatMap((list) =>
        (list ?? []).filter(({ family, internal }) => family === "IPv4" && !internal)
          .map(({ address }) => address)
      ),
    watchLimits() {
      const read = (name: string) => Number(fs.readFileSync(`${INOTIFY}/${name}`, "utf8"));
      try {
        return { watches: read("max_user_watches"), instances: read("max_user_instances") };
      } catch {
        return null;
      }
    },
    isAnswered: (port) =>
      new Promise((resolve) => {
        const socket = connect({ host: "127.0.0.1", port, timeout: CONNECT_MS });
        const end = (isAnswered: boolean) => {
          socket.destroy();
          resolve(isAnswered);
        };
        socket.once("connect", () => end(true));
        socket.once("error", () => end(false));
        socket.once("timeout", () => end(false));
      }),
    copyAside(paths) {
      const { bavail, bsize } = fs.statfsSync(tmpdir());
      const bytes = paths.reduce((sum, path) => sum + fs.statSync(path).size, 0);
      if (bavail * bsize < 2 * bytes) return null;
      const dir = fs.mkdtempSync(join(tmpdir(), "cairn-doctor-"));
      const remove = () => fs.rmSync(dir, { recursive: true, force: true });
      try {
        for (const path of paths) fs.copyFileSync(path, join(dir, path.split("/").at(-1)!));
      } catch (error) {
        remove();
        throw error;
      }
      return { dir, remove };
    },
  };
}
