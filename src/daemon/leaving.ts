/**
 * This device leaves a folder (R11): its files stay, what it said of them is withdrawn, and the others go on. What is begun outlives a restart.
 */
import { CairnError, messageOf } from "../core/errors.ts";
import { AGAIN_MS, isPassing } from "../core/passing.ts";
import { layoutOf } from "../folder/layout.ts";
import { readMarker } from "../folder/marker.ts";
import type { Ledger } from "../journal/ledger.ts";
import { type Leaving, leavingOf, leftRecord } from "../library/folders.ts";
import { type Clock, type Fs, FsError } from "../platform/ports.ts";
import { haltRecord } from "../sync/halt.ts";
import { tellRootStop } from "../sync/root_stop.ts";
import { withdrawRows } from "../sync/withdraw.ts";
import { forgetReplica, leftBehind } from "./left_behind.ts";

/** Files that are removed between two turns of the event loop. */
const TURN_FILES = 100;

export interface LeaverDeps {
  readonly fs: Fs;
  readonly clock: Clock;
  readonly ledger: Ledger;
  say(line: string): void;
}

/** Does what is left to be done for the folders that this device has left. */
export class Leaver {
  readonly #deps: LeaverDeps;
  #isStopped = false;
  #running: Promise<void> | null = null;
  #cancelAgain: (() => void) | null = null;

  constructor(deps: LeaverDeps) {
    this.#deps = deps;
  }

  /** Resolves when all is done that can be done now; the rest is tried again. */
  run(): Promise<void> {
    return this.#running ??= this.#run().finally(() => this.#running = null);
  }

  async #run(): Promise<void> {
    const { ledger } = this.#deps;
    this.#cancelAgain?.();
    try {
      for (let all = leavingOf(ledger.catalogue); all.length > 0; all = leavingOf(ledger.catalogue)) {
        for (const leaving of all) if (!await this.#leave(leaving)) return;
      }
      for (const folder of leftBehind(ledger.catalogue)) await forgetReplica(ledger, folder);
    } catch (error) {
      if (!(error instanceof CairnError) && !isPassing(error)) throw error;
      if (!this.#isStopped) this.#cancelAgain = this.#deps.clock.after(AGAIN_MS, () => void this.run());
    }
  }

  async #leave(leaving: Leaving): Promise<boolean> {
    const { ledger, clock } = this.#deps;
    const { folder } = leaving;
    const { ids, needs } = ledger.catalogue;
    while (!this.#isStopped && needs.dropSome(ids.folder(folder))) {
      await new Promise<void>((resolve) => clock.after(0, resolve));
    }
    if (this.#isStopped) return false;
    ledger.catalogue.setWanted(folder, false);
    if (!await withdrawRows(ledger, clock, folder, () => this.#isStopped)) return false;
    await ledger.commit(haltRecord(folder, null));
    await tellRootStop(ledger, folder, null);
    await forgetReplica(ledger, folder);
    await this.#clean(leaving);
    await ledger.commit(leftRecord(folder));
    return true;
  }

  /** Takes away what Cairn keeps in the root: all but the versions, unless those are to go too. A disk that is away keeps it. */
  async #clean({ path, folder, purgesVersions }: Leaving): Promise<void> {
    const { fs, clock, say } = this.#deps;
    const { own, marker, versions } = layoutOf(path);
    try {
      const found = readMarker(fs, path);
      // It is another folder's by now, or somebody else's.
      if (found === null || found === "unreadable" || found.folder !== folder) return;
      for (const { name } of fs.list(own)) {
        const at = `${own}/${name}`;
        if (at !== marker && (at !== versions || purgesVersions)) await removeAll(fs, clock, at);
      }
      // Last: who is stopped before finds it, and goes on.
      fs.unlink(marker);
      if (fs.list(own).length === 0) fs.removeDirectory(own);
    } catch (error) {
      if (!(error instanceof FsError)) throw error;
      say(`${own} could not be taken away: ${messageOf(error)}. Nothing needs it any more.`);
    }
  }

  stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelAgain?.();
    return this.#running ?? Promise.resolve();
  }
}

/** Never through a link. A version store may hold very many files. */
async function removeAll(fs: Fs, clock: Clock, path: string): Promise<void> {
  if (fs.lstat(path)?.kind !== "directory") return fs.unlink(path);
  for (const [i, { name }] of fs.list(path).entries()) {
    await removeAll(fs, clock, `${path}/${name}`);
    if (i % TURN_FILES === TURN_FILES - 1) await new Promise<void>((resolve) => clock.after(0, resolve));
  }
  fs.removeDirectory(path);
}
