/** Which hosts are on a network that this computer is on itself. */
import { BlockList } from "node:net";
import { type NetworkInterfaceInfo, networkInterfaces } from "node:os";

/** Networks come and go: they are asked for again after this. */
const KEEP_MS = 10_000;

/** Tells of a host's address whether it is in the subnet of one of our interfaces, or on this very computer. */
export function realLan(): (host: string) => boolean {
  let list = new BlockList();
  let sinceMs = -Infinity;
  return (host) => {
    const nowMs = performance.now();
    if (nowMs - sinceMs > KEEP_MS) {
      list = subnetsOf(Object.values(networkInterfaces()).flatMap((infos) => infos ?? []));
      sinceMs = nowMs;
    }
    return isIn(list, host);
  };
}

/** Link-local addresses are beside us always, by whatever interface. */
export function subnetsOf(
  interfaces: readonly Pick<NetworkInterfaceInfo, "address" | "cidr" | "family">[],
): BlockList {
  const list = new BlockList();
  list.addSubnet("127.0.0.0", 8, "ipv4");
  list.addSubnet("169.254.0.0", 16, "ipv4");
  list.addAddress("::1", "ipv6");
  list.addSubnet("fe80::", 10, "ipv6");
  for (const { address, cidr, family } of interfaces) {
    const bits = Number(cidr?.split("/")[1] ?? NaN);
    if (Number.isInteger(bits)) {
      list.addSubnet(address.split("%")[0]!, bits, family === "IPv6" ? "ipv6" : "ipv4");
    }
  }
  return list;
}

/** What is no address is nowhere. */
export function isIn(list: BlockList, host: string): boolean {
  const address = host.replace(/^\[|\]$/g, "").split("%")[0]!;
  try {
    return list.check(address, address.includes(":") ? "ipv6" : "ipv4");
  } catch {
    return false;
  }
}
