/** Option values that more than one command takes. */
import { InvalidArgumentError } from "commander";

/** A TCP port. */
export function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65535) throw new InvalidArgumentError("It is a number from 1 to 65535.");
  return port;
}

/** A name that is not blank; what else it may be, the device says. */
export function parseName(text: string): string {
  if (text.trim() === "") throw new InvalidArgumentError("It must not be empty.");
  return text;
}

/** `HOST:PORT` or `[IPV6]:PORT`. */
export function parseAddress(text: string): string {
  const match = /^(?:\[[0-9a-fA-F:.%\w]+\]|[^\s:[\]]+):(\d{1,5})$/.exec(text);
  const port = Number(match?.[1] ?? 0);
  if (port < 1 || port > 65535) {
    throw new InvalidArgumentError("It is HOST:PORT, such as 192.168.1.7:22411 or [fe80::1]:22411.");
  }
  return text;
}

/** A whole number from 1 up. */
export function parseLimit(text: string): number {
  const limit = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (limit < 1) throw new InvalidArgumentError("It is a whole number from 1 up.");
  return limit;
}
