/** The limits of this device's settings as sessions ask for them (peer/throttle.ts). */
import type { DeviceId } from "../core/ids.ts";
import { orPass } from "../core/passing.ts";
import { rateAt, type RatePlan, readRatePlan } from "../core/rate_plan.ts";
import type { Ledger } from "../journal/ledger.ts";
import { DEVICE_SETTINGS_KEY, deviceSetting } from "../library/device_settings.ts";
import { LIMIT_DOWN, LIMIT_LAN, LIMIT_UP } from "../library/settings_table.ts";
import { type Direction, type Limits, Throttle } from "../peer/throttle.ts";
import type { Clock } from "../platform/ports.ts";

const SETTINGS = { up: LIMIT_UP, down: LIMIT_DOWN };

export class SetLimits implements Limits {
  readonly throttle: Throttle;
  readonly #ledger: Ledger;
  readonly #clock: Pick<Clock, "now">;
  readonly #onLan: (host: string) => boolean;
  /** Plans as they are set; dropped when anything is set. */
  readonly #plans = new Map<string, RatePlan | null>();
  #sparesLan: boolean | null = null;
  readonly #end: () => void;

  constructor(ledger: Ledger, clock: Clock, onLan: (host: string) => boolean) {
    this.#ledger = ledger;
    this.#clock = clock;
    this.#onLan = onLan;
    this.throttle = new Throttle(clock, this);
    this.#end = ledger.onApplied((applied) => {
      const isAbout = applied.some(({ record }) =>
        record.type === "local" && record.key.startsWith(DEVICE_SETTINGS_KEY)
      );
      if (!isAbout) return;
      this.#plans.clear();
      this.#sparesLan = null;
      this.throttle.changed();
    });
  }

  rate(direction: Direction, device: DeviceId | null): number | null {
    const key = `${direction}/${device ?? ""}`;
    let plan = this.#plans.get(key);
    if (plan === undefined) {
      // Where the home's disk refuses to say, nothing is held up for that.
      orPass(() => {
        const text = deviceSetting(this.#ledger.catalogue, SETTINGS[direction], device);
        plan = text === null ? null : readRatePlan(String(text));
        this.#plans.set(key, plan);
      });
    }
    return plan === undefined || plan === null ? null : rateAt(plan, this.#clock.now());
  }

  isExempt(host: string): boolean {
    orPass(() => this.#sparesLan ??= deviceSetting(this.#ledger.catalogue, LIMIT_LAN) === "off");
    return this.#sparesLan === true && this.#onLan(host);
  }

  stop(): void {
    this.#end();
    this.throttle.stop();
  }
}
