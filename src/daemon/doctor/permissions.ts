/** Who may read the home, and whether this user may use it and the folders. */
import type { HostFacts } from "../../platform/real/host_facts.ts";
import type { DiskPlace } from "./disk.ts";
import type { Finding } from "./types.ts";

/** Whoever reads these is this device, or may command it. */
const SECRETS = ["identity.json", "api.json", "settings.json"];

export function checkPermissions(host: HostFacts, home: string, places: readonly DiskPlace[]): Finding[] {
  const findings = [
    ...ownerFindings(host, home),
    ...openFindings(host, home, 0o700),
    ...SECRETS.flatMap((name) => openFindings(host, `${home}/${name}`, 0o600)),
    ...places.filter(({ path }) => host.ownership(path) !== null && !host.may(path, "read"))
      .map(({ path }): Finding => ({
        check: "permissions",
        code: "path-unreadable",
        verdict: "attention",
        subject: path,
        says: "this user cannot read it",
        remedy: `Give this user the permission: sudo chown -R "$USER" ${quoted(path)}`,
        facts: {},
      })),
  ];
  if (findings.length > 0 || host.ownership(home) === null) return findings;
  return [{
    check: "permissions",
    code: "permissions-good",
    verdict: "good",
    subject: home,
    says: "only this user reads the home, and this user reads it and all folders",
    remedy: "",
    facts: {},
  }];
}

function ownerFindings(host: HostFacts, home: string): Finding[] {
  const there = host.ownership(home);
  if (there === null || host.user === null || there.owner === host.user) return [];
  return [{
    check: "permissions",
    code: "home-anothers",
    verdict: "attention",
    subject: home,
    says: "it belongs to another user",
    remedy: "Run cairn as the user who started it, or give this user a home of its own: cairn --home DIR.",
    facts: { isRoot: host.user === 0 },
  }];
}

function openFindings(host: HostFacts, path: string, wanted: number): Finding[] {
  const there = host.ownership(path);
  if (there === null || (there.mode & ~wanted) === 0) return [];
  return [{
    check: "permissions",
    code: "secret-open",
    verdict: "attention",
    subject: path,
    says: `other users of this machine may use it (mode ${there.mode.toString(8)})`,
    remedy: `chmod ${wanted.toString(8)} ${quoted(path)}`,
    facts: { mode: there.mode },
  }];
}

function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
