/** SQLite on a disk that refuses: every call whose SQL matches `on` throws what SQLite says then. */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { OpenSqlite } from "../../src/catalogue/database.ts";

export interface FailingSqlite {
  readonly open: OpenSqlite;
  /** Null: all is well. */
  on: RegExp | null;
  says: string;
  /** How often it refused. */
  refused: number;
}

export function failingSqlite(): FailingSqlite {
  const failing: FailingSqlite = {
    on: null,
    says: "database or disk is full",
    refused: 0,
    open: (path) => {
      const db = new DatabaseSync(path);
      return wrap(db, {
        exec: (sql: string) => {
          check(sql);
          return db.exec(sql);
        },
        prepare: (sql: string) => {
          const statement = db.prepare(sql);
          const checked = (name: "get" | "all" | "run") => (...values: never[]) => {
            check(sql);
            return (statement[name] as (...values: never[]) => unknown)(...values);
          };
          return wrap<StatementSync>(statement, {
            get: checked("get"),
            all: checked("all"),
            run: checked("run"),
          });
        },
      });
    },
  };
  function check(sql: string): void {
    // To take back what was begun takes no room.
    if (sql === "ROLLBACK" || !failing.on?.test(sql)) return;
    failing.refused++;
    throw new Error(failing.says);
  }
  return failing;
}

/** The object with some of its methods replaced. */
function wrap<T extends object>(object: T, methods: Record<string, unknown>): T {
  return new Proxy(object, {
    get: (target, name) => {
      if (typeof name === "string" && name in methods) return methods[name];
      const value = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
