/** A file system on which chosen calls fail, or are watched: everything else goes to the one below. */
import type { FileHandle, Fs } from "../../src/platform/ports.ts";

type Before = (call: string, ...args: readonly unknown[]) => void;

/** Calls `before` ahead of every call of `fs`; what it throws, the call throws. Handles say `file.write` and the like. */
export function watchedFs(fs: Fs, before: Before): Fs {
  return proxied(fs, (name) => name, before, (name, result) => {
    return name === "open" ? watchedHandle(result as FileHandle, before) : result;
  });
}

function watchedHandle(file: FileHandle, before: Before): FileHandle {
  return proxied(file, (name) => `file.${name}`, before, (_name, result) => result);
}

function proxied<T extends object>(
  target: T,
  nameOf: (name: string) => string,
  before: Before,
  wrap: (name: string, result: unknown) => unknown,
): T {
  return new Proxy(target, {
    get(object, property) {
      const value = Reflect.get(object, property);
      if (typeof value !== "function" || typeof property !== "string") return value;
      return (...args: unknown[]) => {
        before(nameOf(property), ...args);
        return wrap(property, value.apply(object, args));
      };
    },
  });
}

/** Fails calls while switched on: `failing.on = "file.syncData"`. */
export interface Failing {
  on: string | null;
  error: Error;
}

export function failingFs(fs: Fs, error: Error): { readonly fs: Fs; readonly failing: Failing } {
  const failing: Failing = { on: null, error };
  return {
    failing,
    fs: watchedFs(fs, (call) => {
      if (failing.on !== null && failing.on.split(" ").includes(call)) throw failing.error;
    }),
  };
}
