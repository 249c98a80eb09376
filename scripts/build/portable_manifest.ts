/** What is in a portable file, as said inside it: each file with its size and SHA-256. */
import { createHash } from "node:crypto";

export const MANIFEST = "manifest.json";

/** Paths with sizes and digests in hex. */
export type Manifest = Readonly<Record<string, { readonly size: number; readonly sha256: string }>>;

export function manifestOf(files: ReadonlyMap<string, Uint8Array>): Manifest {
  const entries = [...files].map(([path, bytes]) =>
    [path, { size: bytes.length, sha256: sha256(bytes) }] as const
  );
  return Object.fromEntries(entries);
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
