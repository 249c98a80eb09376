/** A device's home directory: lock, identity, settings, and the way in for the local API's clients. */
import * as v from "valibot";
import { CairnError, messageOf } from "../core/errors.ts";
import { createIdentity, decodeIdentity, type DeviceIdentity, encodeIdentity } from "../peer/identity.ts";
import { type Fs, FsError, type Random } from "../platform/ports.ts";
import { type Lock, takeLock } from "../platform/real/host.ts";
import type { ApiAccess } from "./api_types.ts";

const SMALL_FILE_BYTES = 64 * 2 ** 10;
const SECRET = 0o600;
/** In it an import makes what a home has; it is there until all is in its place. */
export const IMPORTING = "importing";

const settingsSchema = v.object({
  format: v.literal(1),
  name: v.string(),
  port: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65535)),
});

export interface Settings {
  readonly name: string;
  /** TCP port for other devices; 0 until one was chosen. */
  readonly port: number;
}

export class Home {
  readonly path: string;
  readonly #fs: Fs;
  readonly #lock: Lock;

  private constructor(path: string, fs: Fs, lock: Lock) {
    this.path = path;
    this.#fs = fs;
    this.#lock = lock;
  }

  /** Makes and locks the home. Throws CairnError "already-running" or "home-unusable". */
  static open(fs: Fs, path: string): Home {
    try {
      fs.makeDirectories(path);
      fs.chmod(path, 0o700);
      const lock = takeLock(`${path}/lock`);
      if (lock !== null) return new Home(fs.realPath(path), fs, lock);
    } catch (error) {
      throw new CairnError(
        "home-unusable",
        `Cannot use ${path} as this device's home: ${messageOf(error)}`,
        "Choose another with --home DIR, or mend its permissions.",
        error,
      );
    }
    throw new CairnError(
      "already-running",
      `A device with the home ${path} is running already`,
      "Use it with `cairn status`, or give another home with --home DIR.",
    );
  }

  async identity(random: Random): Promise<DeviceIdentity> {
    const path = `${this.path}/identity.json`;
    const text = this.#read(path);
    if (text !== null) return decodeIdentity(text);
    if (this.#fs.lstat(`${this.path}/${IMPORTING}`) !== null) {
      throw new CairnError(
        "home-unusable",
        `An import into ${this.path} was stopped half-way`,
        "Say it again: cairn import FILE --yes",
      );
    }
    const identity = await createIdentity(random);
    await this.#write(path, encodeIdentity(identity));
    return identity;
  }

  settings(): Settings | null {
    const path = `${this.path}/settings.json`;
    const text = this.#read(path);
    if (text === null) return null;
    try {
      return v.parse(settingsSchema, JSON.parse(text));
    } catch (error) {
      throw new CairnError(
        "home-unusable",
        `${path} cannot be read: ${messageOf(error)}`,
        "Mend or remove the file.",
        error,
      );
    }
  }

  saveSettings(settings: Settings): Promise<void> {
    return this.#write(
      `${this.path}/settings.json`,
      JSON.stringify({ format: 1, ...settings }, null, 2) + "\n",
    );
  }

  saveAccess(access: ApiAccess): Promise<void> {
    return this.#write(`${this.path}/api.json`, JSON.stringify(access) + "\n");
  }

  /** Ends the use of the home. */
  close(): void {
    try {
      this.#fs.unlink(`${this.path}/api.json`);
    } catch (error) {
      if (!(error instanceof FsError)) throw error;
    }
    this.#lock.release();
  }

  #read(path: string): string | null {
    const bytes = this.#fs.readSmall(path, SMALL_FILE_BYTES);
    return bytes === null ? null : new TextDecoder().decode(bytes);
  }

  #write(path: string, text: string): Promise<void> {
    return this.#fs.writeDurably(path, new TextEncoder().encode(text), SECRET);
  }
}
