/** Whether this machine runs on its battery, where Linux tells. */
import * as fs from "node:fs";

const SUPPLIES = "/sys/class/power_supply";

/** False where nobody tells: a machine without a battery, or another system. `supplies` is where Linux lists them. */
export function onBattery(supplies = SUPPLIES): boolean {
  let names: string[];
  try {
    names = fs.readdirSync(supplies);
  } catch {
    return false;
  }
  const read = (name: string, what: string) => {
    try {
      return fs.readFileSync(`${supplies}/${name}/${what}`, "utf8").trim();
    } catch {
      return "";
    }
  };
  let isDischarging = false;
  for (const name of names) {
    const type = read(name, "type");
    if (type !== "Battery" && read(name, "online") === "1") return false;
    // The battery of a mouse is none of the machine's.
    if (type === "Battery" && read(name, "scope") !== "Device" && read(name, "status") === "Discharging") {
      isDischarging = true;
    }
  }
  return isDischarging;
}
