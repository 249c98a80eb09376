/** The index of texts of a device: its file, who fills it, and when that may be. A device without a reader of texts has none. */
import { Texts } from "../catalogue/texts.ts";
import { CairnError } from "../core/errors.ts";
import type { DeviceId } from "../core/ids.ts";
import type { Ledger } from "../journal/ledger.ts";
import { foldersWithoutText } from "../library/folder_settings.ts";
import type { Session } from "../peer/session.ts";
import { type Clock, type Fs, FsError, type Random, type TextReader } from "../platform/ports.ts";
import type { FolderSync } from "../sync/folder_sync.ts";
import type { Local } from "../sync/local_source.ts";
import type { Room } from "../sync/room.ts";
import { TextExchange } from "../sync/text_exchange.ts";
import { TextReading } from "../sync/text_reading.ts";
import { TextSweep } from "../sync/text_sweep.ts";

export interface TextKeeperPorts {
  readonly fs: Fs;
  readonly clock: Clock;
  readonly random: Random;
  readonly textReader?: TextReader;
}

export interface TextKeeperOptions {
  readonly home: string;
  readonly identity: { readonly id: DeviceId };
  say(line: string): void;
}

export interface TextKeeperDeps {
  readonly ledger: Ledger;
  readonly local: Local;
  readonly homeRoom: Room;
  folders(): Iterable<FolderSync>;
  isServing(): boolean;
  hasIndex(session: Session): boolean;
  members(): readonly DeviceId[];
}

/** Null without a reader, or where the file cannot be had: all else goes on without it. */
export function openTexts(
  ports: TextKeeperPorts,
  options: TextKeeperOptions,
  deps: TextKeeperDeps,
): TextKeeper | null {
  const { textReader } = ports;
  if (textReader === undefined) return null;
  try {
    return new TextKeeper(textReader, ports, options, deps);
  } catch (error) {
    if (!(error instanceof CairnError)) throw error;
    textReader.close();
    options.say(`Words in texts are not found until the next start: ${error.message}. ${error.hint}`);
    return null;
  }
}

/** So long nothing must have been recorded or told before texts are worked on. */
const QUIET_MS = 1_000;
/** What stays after a file is put aside belongs to it. */
const BESIDE = ["-wal", "-shm"];

export class TextKeeper {
  readonly texts: Texts;
  readonly reading: TextReading;
  readonly exchange: TextExchange;
  readonly sweep: TextSweep;
  readonly #ports: TextKeeperPorts;
  readonly #deps: TextKeeperDeps;
  readonly #say: (line: string) => void;
  readonly #endListening: () => void;
  #activeMs: number;

  /** Throws CairnError "catalogue-broken" where the home's disk refuses. */
  constructor(
    reader: TextReader,
    ports: TextKeeperPorts,
    { home, identity: { id: self }, say }: TextKeeperOptions,
    deps: TextKeeperDeps,
  ) {
    this.#ports = ports;
    this.#deps = deps;
    this.#say = say;
    const { clock, random } = ports;
    const { ledger, local } = deps;
    this.#activeMs = clock.monotonic();
    this.texts = new Texts({
      path: `${home}/text.db`,
      self,
      newId: () => random.bytes(8),
      putAside: (path, why) => this.#putAside(path, why),
    });
    const common = {
      texts: this.texts,
      catalogue: ledger.catalogue,
      clock,
      mayWork: () => this.#mayWork(),
      off: () => foldersWithoutText(ledger.catalogue),
      isMember: (device: DeviceId) => device === self || deps.members().includes(device),
    };
    this.exchange = new TextExchange({
      ...common,
      hasIndex: (session) => deps.hasIndex(session),
      written: () => this.reading.noteWritten(),
    });
    this.reading = new TextReading({
      ...common,
      local,
      reader,
      self,
      epoch: () => ledger.epoch,
      came: () => this.exchange.changed(),
    });
    this.sweep = new TextSweep(common);
    this.#endListening = ledger.onApplied(() => {
      this.heard();
      this.reading.wake();
    });
    this.reading.wake();
    this.sweep.start();
  }

  /** Something was recorded, or told by others: texts wait. */
  heard(): void {
    this.#activeMs = this.#ports.clock.monotonic();
  }

  /** Texts are worked on while nothing else is to be done: no scan, no placing, no fetching, no serving. */
  #mayWork(): boolean {
    const { folders, isServing, homeRoom } = this.#deps;
    const { clock } = this.#ports;
    if (clock.monotonic() - this.#activeMs < QUIET_MS || isServing() || homeRoom.left() <= 0) return false;
    for (const { replica, outbound, inbound } of folders()) {
      const isAtRest = outbound.isReady && outbound.scan === null && inbound.isQuiet;
      if (replica.stopped === null && !isAtRest) return false;
    }
    return true;
  }

  #putAside(path: string, why: string): void {
    const { fs, clock } = this.#ports;
    const aside = `${path}.damaged-${clock.now()}`;
    try {
      fs.rename(path, aside);
      for (const suffix of BESIDE) {
        if (fs.lstat(path + suffix) !== null) fs.rename(path + suffix, aside + suffix);
      }
    } catch (error) {
      if (!(error instanceof FsError)) throw error;
      throw new CairnError(
        "catalogue-broken",
        `Cannot put ${path} aside (${error.code})`,
        "Move it away.",
        error,
      );
    }
    this.#say(`The index of texts cannot be read (${why}); it is made anew. The old one is ${aside}.`);
  }

  async stop(): Promise<void> {
    this.#endListening();
    this.exchange.stop();
    this.sweep.stop();
    await this.reading.stop();
    this.texts.file.close();
  }
}
