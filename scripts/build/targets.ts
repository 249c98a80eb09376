/** What is built for: Deno's name of each target, and what of it matters to a build. */
export type System = "linux" | "macos" | "windows";

export interface Target {
  /** As `deno compile --target` takes it, and as the file is called. */
  readonly triple: string;
  readonly system: System;
}

export const TARGETS: readonly Target[] = [
  { triple: "x86_64-unknown-linux-gnu", system: "linux" },
  { triple: "aarch64-unknown-linux-gnu", system: "linux" },
  { triple: "x86_64-apple-darwin", system: "macos" },
  { triple: "aarch64-apple-darwin", system: "macos" },
  { triple: "x86_64-pc-windows-msvc", system: "windows" },
];

/** The target of that name, or null. */
export function targetNamed(triple: string): Target | null {
  return TARGETS.find((target) => target.triple === triple) ?? null;
}

/** The name of the executable: it says the version and for whom it is. */
export function executableName(version: string, { triple, system }: Target): string {
  return `cairn-${version}-${triple}${system === "windows" ? ".exe" : ""}`;
}

/** The name of the self-extracting file. */
export function portableName(version: string, { triple }: Target): string {
  return `cairn-${version}-${triple}-portable`;
}
