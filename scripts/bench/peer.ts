/** A program that keeps folders the same on several hosts: what the scenarios want of it, whichever it is. */
import type { Hosts } from "./hosts.ts";

export type PeerName = "cairn" | "syncthing" | "floor";

export interface Peer {
  readonly name: PeerName;
  /** The directory that the host shares. */
  data(host: string): string;
  /**
   * Starts the host's device. A device that starts for the first time is let in by the others before this returns; one that
   * was there before has merely been started when this returns.
   */
  start(host: string): Promise<void>;
  /** Ends the host's device in order. */
  stop(host: string): Promise<void>;
  /** Hosts whose devices run. */
  running(): readonly string[];
  /** Process id of the host's running device. */
  pid(host: string): number;
  /** Whether all running devices are connected with each other and say that nothing is left to do. */
  isSettled(): Promise<boolean>;
  /** The last words of each device, for who looks for the cause of a failure. */
  lastWords(): string;
}

/** Where a peer is to run. */
export interface Site {
  readonly hosts: Hosts;
  /** The hosts that have a device, the first first. */
  readonly names: readonly string[];
  /** A directory for each host comes to stand here. */
  readonly work: string;
}

/** What the peers have in common: their places and processes. */
export function dataOf(site: Site, host: string): string {
  return `${site.work}/${host}/data`;
}
