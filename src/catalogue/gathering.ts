/** Changes of single rows within a transaction, gathered and made many with one statement: a call costs about as much as the row itself. */

/** Rows of one statement, the most first; of what is left those fit that come behind. */
const ROWS_AT_ONCE = [32, 8, 1] as const;

/** One kind of change: what stands before its rows, and behind them. */
export class RowChanges {
  readonly table: string;
  readonly #statements: ReadonlyMap<number, string>;

  constructor(
    table: string,
    { head, row, tail = "" }: { readonly head: string; readonly row: string; readonly tail?: string },
  ) {
    this.table = table;
    this.#statements = new Map(
      ROWS_AT_ONCE.map((rows) => [rows, `${head} ${Array(rows).fill(row).join(",")} ${tail}`]),
    );
  }

  statement(rows: number): string {
    return this.#statements.get(rows)!;
  }
}

interface Pending<Value> {
  readonly changes: RowChanges;
  readonly rows: Value[][];
}

export class Gathering<Value> {
  /** What is gathered of each table, of one kind at a time: within a table the order is kept. */
  readonly #pending = new Map<string, Pending<Value>>();
  readonly #run: (sql: string, values: readonly Value[]) => void;

  constructor(run: (sql: string, values: readonly Value[]) => void) {
    this.#run = run;
  }

  add(changes: RowChanges, row: Value[]): void {
    const { table } = changes;
    const pending = this.#pending.get(table);
    if (pending !== undefined && pending.changes === changes) {
      if (pending.rows.push(row) >= ROWS_AT_ONCE[0]) this.#make(table, pending);
      return;
    }
    if (pending !== undefined) this.#make(table, pending);
    this.#pending.set(table, { changes, rows: [row] });
  }

  /** Makes all that is gathered. */
  make(): void {
    if (this.#pending.size === 0) return;
    for (const [table, pending] of this.#pending) this.#make(table, pending);
  }

  /** The transaction failed. */
  forget(): void {
    this.#pending.clear();
  }

  #make(table: string, { changes, rows }: Pending<Value>): void {
    this.#pending.delete(table);
    let at = 0;
    for (const count of ROWS_AT_ONCE) {
      for (; rows.length - at >= count; at += count) {
        this.#run(changes.statement(count), rows.slice(at, at + count).flat());
      }
    }
  }
}
