/**
 * The unit file, as of systemd.service(5) and systemd.exec(5).
 *
 * A folder tool reads and writes wherever its user's folders are, now and tomorrow, so the file system cannot be closed to it. What can
 * be closed is all that it never does: other address families, namespaces, new privileges, rare system calls. Of a unit of the whole
 * machine also the program directories, the kernel and every capability that files do not ask for. A user's unit gets none of those:
 * they need user namespaces, which several systems refuse, and then nothing starts.
 */
import { RESTART_PAUSE_MAX_MS, RESTART_PAUSE_MS } from "../core/limits.ts";
import { type Description, deviceArgv, keeperArgv } from "./description.ts";

/** Since then systemd's own pauses between restarts can grow. */
const GROWING_PAUSES_SINCE = 254;

/** `version` is systemd's: an older one has the device looked after by Cairn, so that the pauses grow there, too. */
export function systemdUnit(description: Description, version: number): string {
  const grows = version >= GROWING_PAUSES_SINCE;
  const argv = grows ? deviceArgv(description) : [...keeperArgv(description), "--no-log"];
  return `# Written by: cairn service install, which replaces what is changed here.
# For settings of your own: systemctl ${description.isSystem ? "" : "--user "}edit ${description.name}
[Unit]
Description=Cairn keeps folders the same on all devices
${
    description.isSystem
      ? "Wants=network-online.target\nAfter=network-online.target\n"
      : ""
  }StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart=${execLine(argv)}
${description.isSystem ? `User=${specifierSafe(description.user)}\n` : ""}Restart=on-failure
RestartPreventExitStatus=2
RestartSec=${RESTART_PAUSE_MS / 1000}
${grows ? `RestartSteps=8\nRestartMaxDelaySec=${RESTART_PAUSE_MAX_MS / 1000}\n` : ""}KillMode=mixed
TimeoutStopSec=120

NoNewPrivileges=yes
LockPersonality=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service @pkey
SystemCallErrorNumber=EPERM
${description.isSystem ? machineWide(description) : ""}
[Install]
WantedBy=${description.isSystem ? "multi-user" : "default"}.target
`;
}

function machineWide({ user }: Description): string {
  // Root reads and writes whatever the modes say; all that a folder of many owners needs, and no more.
  const capabilities = user === "root"
    ? "CAP_CHOWN CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER CAP_NET_BIND_SERVICE"
    : "";
  return `CapabilityBoundingSet=${capabilities}
ProtectSystem=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
`;
}

/** What needs no quotes; `-`, `@`, `+`, `!` and `:` at the beginning of the program mean something, so it has to begin with a slash. */
const PLAIN = /^[A-Za-z0-9_\-.,/:=@+]+$/;

/** What systemd lets nobody have in the path of a program, however it is quoted; in words after it all may be. */
// deno-lint-ignore no-control-regex
const NO_PROGRAM = /["'\\\x00-\x1f\x7f]/;

/**
 * Words of ExecStart. With `:` in front no `$` means anything (systemd 244); the program's path would not be read as one with `$$` in it. A
 * percent sign always means something, and is doubled.
 */
export function execLine(argv: readonly string[]): string {
  if (NO_PROGRAM.test(argv[0]!)) return execLine(["/bin/sh", "-c", 'exec "$@"', "cairn", ...argv]);
  const words = argv.map((word) => specifierSafe(PLAIN.test(word) ? word : `"${escaped(word)}"`));
  if (!argv.some((word) => word.includes("$"))) return words.join(" ");
  const [program, ...rest] = words;
  return [program!.startsWith('"') ? `":${program!.slice(1)}` : `:${program}`, ...rest].join(" ");
}

function escaped(word: string): string {
  // deno-lint-ignore no-control-regex
  return word.replace(/["\\\x00-\x1f\x7f]/g, (sign) => {
    if (sign === '"' || sign === "\\") return `\\${sign}`;
    return `\\x${sign.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
}

function specifierSafe(text: string): string {
  return text.replaceAll("%", "%%");
}
