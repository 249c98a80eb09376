/** Removing and confirming devices, as the local API offers it. */
import * as v from "valibot";
import type { Hono } from "hono";
import { confirmDevice, removeDevice } from "../library/removal.ts";
import type { Clock } from "../platform/ports.ts";
import type { ConfirmAnswer, ConfirmRequest, RemoveAnswer, RemoveRequest } from "./api_types.ts";
import { bodyOf } from "./body.ts";
import type { Device } from "./device.ts";

const nameSchema = v.pipe(v.string(), v.minLength(1), v.maxLength(128));
const removeSchema = v.object({ name: nameSchema, self: v.boolean() });
const confirmSchema = v.object({ name: nameSchema });

/** What a daemon offers of this. */
export interface DevicesService {
  /** Removes a device from the library, for good. */
  removeDevice(request: RemoveRequest): Promise<RemoveAnswer>;
  /** Confirms a device that is suspended. */
  confirmDevice(request: ConfirmRequest): Promise<ConfirmAnswer>;
}

export function addDeviceRoutes(app: Hono, service: DevicesService): void {
  app.post(
    "/v1/devices/remove",
    async (c) => c.json(await service.removeDevice(await bodyOf(c, removeSchema))),
  );
  app.post(
    "/v1/devices/confirm",
    async (c) => c.json(await service.confirmDevice(await bodyOf(c, confirmSchema))),
  );
}

export function devicesService({ ledger, identity }: Device, clock: Clock): DevicesService {
  return {
    async removeDevice({ name, self }) {
      const { device, letIn } = await removeDevice(ledger, identity, name, clock.now(), self);
      return {
        id: device.device,
        name: device.name,
        letIn: letIn.map((one) => ({ id: one.device, name: one.name })),
      };
    },
    async confirmDevice({ name }) {
      const device = await confirmDevice(ledger, identity, name);
      return { id: device.device, name: device.name };
    },
  };
}
