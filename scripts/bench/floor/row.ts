/** What is told of a file: path, size, mtime in milliseconds, mode, content id. */
export type Row = readonly [path: string, size: number, mtimeMs: number, mode: number, content: string];
