/** `GET /metrics` of the local API, for Prometheus. */
import type { Hono } from "hono";
import type { DeviceId, FolderId } from "../../core/ids.ts";
import { takesOthers } from "../../core/mode.ts";
import { orPass } from "../../core/passing.ts";
import type { Clock } from "../../platform/ports.ts";
import type { Status } from "../api_types.ts";
import type { Device } from "../device.ts";
import { Convergence } from "./convergence.ts";
import { CONTENT_TYPE, exposition } from "./exposition.ts";
import { familiesOf, type FolderNeeds, HERE } from "./families.ts";

/** What this device lacks is counted anew this often at most. */
const LOOK_MS = 250;

export interface MetricsService {
  /** The text for one scrape. */
  metrics(status: Status): string;
  /** A request ended with a fault of the program. */
  fault(): void;
  stop(): void;
}

export function addMetricsRoutes(app: Hono, service: MetricsService, status: () => Status): void {
  app.get("/metrics", (c) => c.body(service.metrics(status()), 200, { "content-type": CONTENT_TYPE }));
}

export function metricsService(device: Device, clock: Clock): MetricsService {
  const convergence = new Convergence();
  let faults = 0;
  /** Who was connected when this was looked at last. */
  let met: ReadonlySet<DeviceId> = new Set();
  let cancel: (() => void) | null = null;
  let isStopped = false;
  const look = () => {
    const nowMs = clock.monotonic();
    convergence.tell(HERE, device.folders.needed().files, nowMs);
    const here = new Set(device.links.sessions().map(({ peer }) => peer));
    for (const id of met) if (!here.has(id)) convergence.tell(id, null, nowMs);
    for (const id of here) convergence.tell(id, device.peerProgress.get(id)?.files ?? null, nowMs);
    met = here;
  };
  const forget = device.onChanged(() => {
    if (cancel !== null || isStopped) return;
    cancel = clock.after(LOOK_MS, () => {
      cancel = null;
      // What the home's disk refuses to count is counted at the next change.
      if (!isStopped) orPass(look);
    });
  });
  return {
    metrics(status) {
      look();
      const nowMs = clock.now();
      return exposition(familiesOf({
        status,
        convergence,
        needs: needsOf(device),
        taken: new Map(
          [...device.folders.all()].map(({ replica, inbound }) => [replica.folder, inbound.done.ever]),
        ),
        traffic: new Map(
          status.peers.flatMap(({ id }) => {
            const one = device.links.traffic.of(id as DeviceId);
            return one === null ? [] : [[id, one]];
          }),
        ),
        faults,
        nowMs,
        monotonicMs: clock.monotonic(),
      }));
    },
    fault: () => void faults++,
    stop() {
      isStopped = true;
      forget();
      cancel?.();
    },
  };
}

function needsOf(device: Device): Map<FolderId, FolderNeeds> {
  const taking = [...device.folders.all()].filter(({ replica }) => takesOthers(replica.mode));
  return new Map(
    taking.map(({ replica }) => [replica.folder, replica.catalogue.needs.total(replica.number)]),
  );
}
