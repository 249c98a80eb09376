/**
 * A part of this machine with a systemd of the user, a cron and a crontab of its own: namespaces of mounts and processes, in which all ends
 * when the test does. Needs root; null where it cannot be had.
 */
import type { Host } from "./device.ts";
import { waitFor } from "./wait.ts";

export interface OwnSystem extends Host, AsyncDisposable {
  /** Runs a command in there, to its end. */
  run(...argv: string[]): Promise<{ code: number; out: string; err: string }>;
}

const SETUP = `set -e
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/system /run/user/0
chmod 700 /run/user/0
umount -R /sys/fs/cgroup
mount -t cgroup2 none /sys/fs/cgroup
mkdir -p "/sys/fs/cgroup/$1/s"
echo $$ > "/sys/fs/cgroup/$1/s/cgroup.procs"
if test -d /var/spool/cron/crontabs; then
  mount -t tmpfs tmpfs /var/spool/cron
  mkdir /var/spool/cron/crontabs
  chgrp crontab /var/spool/cron/crontabs
  chmod 1730 /var/spool/cron/crontabs
fi
echo "$1" > /run/group
touch /run/ready
exec sleep infinity`;

/** `work` is a directory of the test's own; units are written below it. */
export async function ownSystem(work: string): Promise<OwnSystem | null> {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) return null;
  const group = `cairn-test-${crypto.randomUUID().slice(0, 8)}`;
  const args = ["-m", "-p", "--fork", "--kill-child", "--mount-proc", "sh", "-c", SETUP, "sh", group];
  const keeper = new Deno.Command("unshare", { args, stdin: "null", stdout: "null", stderr: "null" }).spawn();
  let isOver = false;
  const over = keeper.status.then(() => isOver = true);
  let pid = "";
  const environment = [
    "env",
    `XDG_CONFIG_HOME=${work}/config`,
    "XDG_RUNTIME_DIR=/run/user/0",
    "DBUS_SESSION_BUS_ADDRESS=",
    "SUDO_USER=",
  ];
  const wrap = (argv: readonly string[]) => ["nsenter", "-t", pid, "-m", "-p", ...environment, ...argv];
  const run = async (...argv: string[]) => {
    const [program, ...args] = wrap(argv);
    const { code, stdout, stderr } = await new Deno.Command(program!, { args, stdin: "null" }).output();
    return { code, out: new TextDecoder().decode(stdout), err: new TextDecoder().decode(stderr) };
  };
  await waitFor("the namespace to be there", async () => {
    if (isOver) return true;
    pid = Deno.readTextFileSync(`/proc/${keeper.pid}/task/${keeper.pid}/children`).trim();
    return pid !== "" && (await run("test", "-e", "/run/ready")).code === 0;
  });
  if (isOver) return null;
  return {
    address: "127.0.0.1",
    loopback: true,
    wrap,
    run,
    async [Symbol.asyncDispose]() {
      keeper.kill("SIGKILL");
      await over;
      await removeGroup(group);
    },
  };
}

/** What systemd made for its units; it stands where cgroups of version 2 are mounted, and can go once the last process has. */
async function removeGroup(group: string): Promise<void> {
  const places = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"].map((root) => `${root}/${group}`).filter(
    isThere,
  );
  const remove = (path: string) => {
    for (const { name, isDirectory } of Deno.readDirSync(path)) if (isDirectory) remove(`${path}/${name}`);
    new Deno.Command("rmdir", { args: [path], stderr: "null" }).outputSync();
  };
  await waitFor("the cgroup to be empty", () => {
    for (const place of places.filter(isThere)) remove(place);
    return !places.some(isThere);
  });
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

/** The user's systemd in there; false where it cannot be had. */
export async function startSystemd(system: OwnSystem): Promise<boolean> {
  // Who comes into a namespace stays in the cgroup he was in, and systemd makes those of its units where it stands.
  const begin =
    'echo $$ > "/sys/fs/cgroup/$(cat /run/group)/s/cgroup.procs" && exec /usr/lib/systemd/systemd --user';
  const [program, ...args] = system.wrap(["sh", "-c", begin]);
  const child = new Deno.Command(program!, { args, stdin: "null", stdout: "null", stderr: "null" }).spawn();
  let isOver = false;
  void child.status.then(() => isOver = true);
  await waitFor(
    "systemd to answer",
    async () => isOver || (await system.run("systemctl", "--user", "show-environment")).code === 0,
  );
  return !isOver;
}
