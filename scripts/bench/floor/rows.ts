/**
 * The catalogue's rows of the floor: the tables and indices of the real one, and for a renamed directory the least statements that leave
 * the rows which the rules ask for. Nothing is looked up, compared or counted before: the real catalogue has to.
 */
import { Database, type SqlValue } from "../../../src/catalogue/database.ts";
import { fromHex, type RelPath } from "../../../src/core/ids.ts";
import { encode } from "../../../src/core/msgpack.ts";
import { nameOf, parentOf } from "../../../src/core/path.ts";
import type { Known } from "./known.ts";

const SELF = 1;
const PEER = 2;
const FOLDER = 1;
const [GONE, FILE] = [0, 1];
const OFFERED = 1;
const HERE = 3;

export class FloorRows {
  readonly #db: Database;
  #isFilled: boolean;
  #counter = Date.now();

  constructor(path: string) {
    this.#db = new Database(path);
    this.#isFilled = this.#db.get("SELECT 1 FROM states LIMIT 1") !== undefined;
  }

  /** Both devices have all of these. Once; later edits change nothing in what a rename costs. */
  fill(files: ReadonlyMap<string, Known>): void {
    if (this.#isFilled || files.size === 0) return;
    this.#isFilled = true;
    this.#db.transaction(() => {
      for (const [path, { size, mtimeMs, content, ino }] of files) {
        const directory = this.#directory(parentOf(path as RelPath));
        const state = this.#db.insert(
          `INSERT INTO states (directory, name, kind, size, mtime_ms, mode, stamp, writer, content, version) VALUES (?, ?, ?, ?, ?, 420, ?, ?, ?, ?)`,
          ...[
            directory,
            nameOf(path as RelPath),
            FILE,
            size,
            Math.trunc(mtimeMs),
            this.#counter,
            SELF,
            fromHex(content),
          ],
          this.#version(),
        );
        for (const device of [SELF, PEER]) this.#hold(state, device, HERE);
        this.#db.run(
          "INSERT INTO prints VALUES (?, ?, ?, ?, ?, ?, 0, 420, 1)",
          ...[state, size, mtimeMs, mtimeMs, mtimeMs, ino],
        );
      }
    });
  }

  /** A device tells that the directory has another name: tombstones where its files were, entries where they are, and who has which. */
  moved(device: "self" | "peer", from: string, to: string): void {
    const who = device === "self" ? SELF : PEER;
    this.#db.transaction(() => {
      const version = this.#version();
      const below = this.#db.all(
        "SELECT id, path FROM directories WHERE folder = ? AND (path = ? OR path > ? || '/' AND path < ? || '0')",
        ...[FOLDER, from, from, from],
      );
      for (const [id, path] of below) {
        const now = this.#directory(`${to}${String(path).slice(from.length)}` as RelPath);
        this.#moveIn(who, Number(id), now, version);
      }
    });
  }

  #moveIn(device: number, from: number, to: number, version: Uint8Array): void {
    const run = (sql: string, ...values: SqlValue[]) => this.#db.run(sql, ...values);
    const isMade = this.#db.get("SELECT 1 FROM states WHERE directory = ? LIMIT 1", to) !== undefined;
    if (!isMade) {
      const columns = "(directory, name, kind, size, mtime_ms, mode, stamp, writer, content, version)";
      const living = "FROM states WHERE directory = ? AND kind <> 0";
      run(
        `INSERT INTO states ${columns} SELECT ?, name, kind, size, mtime_ms, mode, ?, ?, content, ? ${living}`,
        ...[to, this.#counter, device, version, from],
      );
      run(
        `INSERT INTO states ${columns} SELECT directory, name, ${GONE}, 0, 0, 0, ?, ?, NULL, ? ${living}`,
        ...[this.#counter, device, version, from],
      );
    }
    const hold =
      "INSERT INTO holds (state, device, lsn, flags) SELECT id, ?, ?, ? FROM states WHERE directory = ?";
    run(`${hold} AND kind <> 0`, device, this.#counter, HERE, to);
    run(`${hold} AND kind = 0`, device, this.#counter, OFFERED, from);
    if (device === SELF) {
      run(
        `UPDATE prints SET state = (SELECT c.id FROM states s CROSS JOIN states c ON c.directory = ? AND c.name = s.name AND c.kind <> 0
         WHERE s.id = prints.state) WHERE state IN (SELECT id FROM states WHERE directory = ? AND kind <> 0)`,
        ...[to, from],
      );
    }
    run(
      "DELETE FROM holds WHERE device = ? AND state IN (SELECT id FROM states WHERE directory = ? AND kind <> 0)",
      ...[device, from],
    );
    if (isMade) run("DELETE FROM states WHERE directory = ? AND kind <> 0", from); // the last who had them has left
  }

  #hold(state: number, device: number, flags: number): void {
    this.#db.run("INSERT INTO holds VALUES (?, ?, ?, ?)", state, device, this.#counter, flags);
  }

  #version(): Uint8Array {
    return encode([SELF, ++this.#counter]);
  }

  #directory(path: RelPath): number {
    const found = this.#db.get("SELECT id FROM directories WHERE folder = ? AND path = ?", FOLDER, path);
    return found === undefined
      ? this.#db.insert("INSERT INTO directories (folder, path) VALUES (?, ?)", FOLDER, path)
      : Number(found[0]);
  }

  close(): void {
    this.#db.close();
  }
}
