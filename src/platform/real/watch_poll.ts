/**
 * Waits in poll(2) for any number of descriptors with one thread: Deno's pool has few (32), and file reads
 * need them too. Runs only while something is waited for.
 */
import type { Libc } from "./libc.ts";

/** O_NONBLOCK and O_CLOEXEC, as every architecture that Deno runs on has them. */
export const NONBLOCK_CLOEXEC = 0o4000 | 0o2000000;
const POLLIN = 1;
/** struct pollfd: i32 descriptor, i16 what to wait for, i16 what came. */
const POLLFD_BYTES = 8;
/** A signal may fail a poll now and then; so many in a row are no signals. */
const FAILURES = 100;

interface Waiter {
  readonly readable: () => void;
  readonly failed: (reason: string) => void;
}

const waiters = new Map<number, Waiter>();
/** Descriptors to be closed as soon as no poll uses them. */
const leaving: number[] = [];
let wake = -1;

/**
 * Calls `readable` whenever `fd` has something to read, or `failed` once. Takes the descriptor over: the returned
 * function ends the waiting and closes it. Null when the system has no descriptors left.
 */
export function onReadable(c: Libc, fd: number, waiter: Waiter): (() => void) | null {
  if (wake < 0) {
    wake = c.eventfd(0, NONBLOCK_CLOEXEC);
    if (wake < 0) return null;
    waiters.set(fd, waiter);
    run(c);
  } else {
    waiters.set(fd, waiter);
    wakeUp(c);
  }
  return () => {
    if (!waiters.delete(fd)) return;
    leaving.push(fd);
    wakeUp(c);
  };
}

function wakeUp(c: Libc): void {
  c.write(wake, new Uint8Array(new BigUint64Array([1n]).buffer), 8n);
}

async function run(c: Libc): Promise<void> {
  const count = new Uint8Array(8);
  let failures = 0;
  while (waiters.size > 0) {
    const polled = [wake, ...waiters.keys()];
    const table = new DataView(new ArrayBuffer(polled.length * POLLFD_BYTES));
    polled.forEach((fd, i) => {
      table.setInt32(i * POLLFD_BYTES, fd, true);
      table.setInt16(i * POLLFD_BYTES + 4, POLLIN, true);
    });
    const ready = await c.poll(new Uint8Array(table.buffer), BigInt(polled.length), -1);
    failures = ready < 0 ? failures + 1 : 0;
    c.read(wake, count, 8n);
    for (const fd of leaving.splice(0)) c.close(fd);
    if (failures > FAILURES) failAll(c);
    polled.forEach((fd, i) => {
      if (ready > 0 && i > 0 && table.getInt16(i * POLLFD_BYTES + 6, true) !== 0) waiters.get(fd)?.readable();
    });
  }
  for (const fd of leaving.splice(0)) c.close(fd);
  c.close(wake);
  wake = -1;
}

function failAll(c: Libc): void {
  for (const [fd, { failed }] of [...waiters]) {
    waiters.delete(fd);
    c.close(fd);
    failed("poll(2) fails");
  }
}
