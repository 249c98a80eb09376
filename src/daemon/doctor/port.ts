/** Whether the device is reached at its addresses in the network, by itself; where none runs, whether its port is free for it. */
import { CairnError } from "../../core/errors.ts";
import { createIdentity, deviceIdOf } from "../../peer/identity.ts";
import { SESSION_PROTOCOL } from "../../peer/links.ts";
import type { Net, Random } from "../../platform/ports.ts";
import type { HostFacts } from "../../platform/real/host_facts.ts";
import type { Finding } from "./types.ts";

const DIAL_MS = 3_000;
/** A machine with more networks has them from containers. */
const MOST_ADDRESSES = 4;

export async function checkPort(
  { net, random, host }: { readonly net: Net; readonly random: Random; readonly host: HostFacts },
  running: { readonly id: string; readonly port: number } | null,
  savedPort: number,
): Promise<Finding[]> {
  if (running === null) return await savedFindings(host, savedPort);
  const { id, port } = running;
  // Nobody's: the device tells it who it is, and refuses it.
  const stranger = await createIdentity(random);
  const findings = host.addresses().slice(0, MOST_ADDRESSES).map(async (address): Promise<Finding> => {
    const base = { check: "port", subject: `${address}:${port}`, facts: { port } } as const;
    try {
      const link = await net.dial(`${address}:${port}`, stranger, SESSION_PROTOCOL, DIAL_MS);
      const there = link.peerCertificate;
      link.destroy();
      if (there !== null && deviceIdOf(there) === id) {
        return {
          ...base,
          code: "port-reached",
          verdict: "good",
          says: "this device reaches itself there",
          remedy: "",
        };
      }
      return {
        ...base,
        code: "port-anothers",
        verdict: "attention",
        says: "another device answers there",
        remedy: "Start one of the two with another port: cairn up --port PORT.",
      };
    } catch (error) {
      if (!(error instanceof CairnError)) throw error;
      return {
        ...base,
        code: "port-unreached",
        verdict: "attention",
        says: `this device does not reach itself there: ${error.message}`,
        remedy:
          `Let TCP port ${port} through the firewall (ufw: sudo ufw allow ${port}/tcp; firewalld: sudo firewall-cmd ` +
          `--permanent --add-port=${port}/tcp && sudo firewall-cmd --reload).`,
      };
    }
  });
  return await Promise.all(findings);
}

async function savedFindings(host: HostFacts, port: number): Promise<Finding[]> {
  if (port === 0) return [];
  const isTaken = await host.isAnswered(port);
  return [{
    check: "port",
    code: isTaken ? "port-taken" : "port-free",
    verdict: isTaken ? "attention" : "good",
    subject: String(port),
    says: isTaken
      ? "another program answers on this device's port"
      : "nobody else answers on this device's port",
    remedy: isTaken
      ? "Stop that program. Else the device takes another port, and others must find it by beacon."
      : "",
    facts: { port },
  }];
}
