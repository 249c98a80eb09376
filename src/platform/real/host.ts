/** What only the operating system can tell, and the lock that keeps a home to one device. */

export interface Lock {
  release(): void;
}

/** Takes the lock file, or null when another process has it. It goes with the process, however that ends. */
export function takeLock(path: string): Lock | null {
  const file = Deno.openSync(path, { create: true, write: true, read: true, mode: 0o600 });
  if (!file.tryLockSync(true)) {
    file.close();
    return null;
  }
  return { release: () => file.close() };
}

/** The machine's own name, without a domain. */
export function hostName(): string {
  return Deno.hostname().split(".")[0] || "device";
}

/** Names the running boot of the operating system; "" where it has no name. */
export function osBoot(): string {
  try {
    return Deno.readTextFileSync("/proc/sys/kernel/random/boot_id").trim();
  } catch {
    return "";
  }
}

export function processId(): number {
  return Deno.pid;
}
