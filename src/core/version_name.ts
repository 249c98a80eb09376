/** The program's version, as `cairn --version` and the status tell it. */
export const VERSION = "0.1.0";

/** `deno task build` writes the commit in the place of this word; from source the word stays. */
export const COMMIT_WORD = "%commit%";

/** What `--version` prints behind the name: the version, and the commit where one was baked in. */
export function versionWithCommit(commit: string = COMMIT_WORD): string {
  return commit.startsWith("%") ? VERSION : `${VERSION} (commit ${commit})`;
}
