/** What exercises of commands share. */
import type { Exercised } from "./exercising.ts";

export type Exercise = (x: Exercised) => Promise<void>;

export const read = (path: string) => Deno.readTextFileSync(path);
export const write = (path: string, text: string) => Deno.writeTextFileSync(path, text);
export const isThere = (path: string) => {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
};
export const notes = (x: Exercised, path: string) => `${x.laptop.data}/Notes/${path}`;
export const notesThere = (x: Exercised, path: string) => `${x.desktop.data}/Notes/${path}`;

export function freePort(): string {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return String((listener.addr as Deno.NetAddr).port);
}

/** Starts of the program beside each other, where one says nothing of another. */
const AT_ONCE = 4;

export async function atOnce<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const rest = [...all];
  const worker = async () => {
    for (let one = rest.shift(); one !== undefined; one = rest.shift()) await work(one);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
