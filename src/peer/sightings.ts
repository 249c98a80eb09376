/**
 * Who was heard lately, as bounded data. Anyone can forge beacons: they cost a fixed amount of memory, a fixed
 * number of news a second, and never push out devices that are known.
 */
import type { DeviceId } from "../core/ids.ts";
import { BEACON_SIGHTINGS } from "../core/limits.ts";
import type { Beacon } from "./beacon.ts";

export interface Sighting {
  readonly device: DeviceId;
  /** `host:port` to dial, the one heard last first. */
  readonly addresses: readonly string[];
  readonly instance: number;
  readonly inviting: boolean;
  /** Monotone clock. */
  readonly lastHeardMs: number;
}

/** Addresses kept for a device: its networks, IPv4 and IPv6, and a forger's who claims to be it. */
export const SIGHTING_ADDRESSES = 8;
/** News a second of devices that are not known, and of those that are. */
export const NEWS_PER_SECOND = 64;

export class Sightings {
  readonly #isKnown: (device: DeviceId) => boolean;
  /** In the order in which they were heard last, oldest first. */
  readonly #strangers = new Map<DeviceId, Sighting>();
  readonly #known = new Map<DeviceId, Sighting>();
  #secondMs = -Infinity;
  #news = { strangers: 0, known: 0 };

  constructor(isKnown: (device: DeviceId) => boolean) {
    this.#isKnown = isKnown;
  }

  /** Takes a beacon in. The sighting when it is new or has changed, else null. */
  hear(beacon: Beacon, host: string, nowMs: number): Sighting | null {
    const kind = this.#isKnown(beacon.device) ? "known" : "strangers";
    const before = this.get(beacon.device);
    const address = `${host.includes(":") ? `[${host}]` : host}:${beacon.port}`;
    const changed = before === null || before.instance !== beacon.instance ||
      before.inviting !== beacon.inviting ||
      !before.addresses.includes(address);
    if (changed && !this.#mayTell(kind, nowMs)) return null;
    const addresses = [address, ...(before?.addresses ?? []).filter((known) => known !== address)];
    const sighting = {
      device: beacon.device,
      addresses: addresses.slice(0, SIGHTING_ADDRESSES),
      instance: beacon.instance,
      inviting: beacon.inviting,
      lastHeardMs: nowMs,
    };
    this.#strangers.delete(beacon.device);
    this.#known.delete(beacon.device);
    const map = kind === "known" ? this.#known : this.#strangers;
    map.set(beacon.device, sighting);
    this.#forgetOldest();
    return changed ? sighting : null;
  }

  get(device: DeviceId): Sighting | null {
    return this.#known.get(device) ?? this.#strangers.get(device) ?? null;
  }

  all(): Sighting[] {
    return [...this.#known.values(), ...this.#strangers.values()];
  }

  #mayTell(kind: "strangers" | "known", nowMs: number): boolean {
    if (nowMs - this.#secondMs >= 1000) {
      this.#secondMs = nowMs;
      this.#news = { strangers: 0, known: 0 };
    }
    return this.#news[kind]++ < NEWS_PER_SECOND;
  }

  #forgetOldest(): void {
    while (this.#known.size + this.#strangers.size > BEACON_SIGHTINGS) {
      const map = this.#strangers.size > 0 ? this.#strangers : this.#known;
      map.delete(map.keys().next().value!);
    }
  }
}
