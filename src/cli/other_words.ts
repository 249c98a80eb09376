/** Words that other programs have for what Cairn does: who types one is told ours, and not the one that is spelt most like it. */

const OURS: Readonly<Record<string, string>> = {
  ...all("cairn up PATH", "sync", "share", "start", "run", "init", "serve", "push", "send", "watch"),
  ...all("cairn folders add PATH", "add"),
  ...all("cairn folders remove FOLDER", "remove", "rm", "delete", "unshare"),
  ...all("cairn down", "stop", "quit", "exit", "kill"),
  ...all("cairn invite here and cairn join CODE PATH on the other device", "pair", "connect", "link"),
  ...all("cairn get ADDRESS", "copy", "cp", "fetch", "pull", "download", "rsync"),
  ...all("cairn versions PATH or cairn restore PATH", "history", "undo", "undelete", "revisions"),
  ...all("cairn ls or cairn folders", "list", "dir"),
  ...all("cairn status", "info", "state", "ps"),
  ...all("cairn find WORDS", "search", "locate", "grep"),
  ...all("cairn resume", "unpause", "continue"),
  ...all("cairn config", "set", "settings", "options"),
  ...all("cairn verify", "scan", "rescan", "scrub", "check"),
  ...all("cairn service install", "install", "enable", "autostart"),
  ...all("cairn conflicts diff PATH", "diff"),
};

function all(ours: string, ...words: string[]): Record<string, string> {
  return Object.fromEntries(words.map((word) => [word, ours]));
}

/** The words that are known to be others'. */
export const OTHER_WORDS: readonly string[] = Object.keys(OURS);

/** What is to be said of an error of the program itself; `text` is Commander's. */
export function withOurWord(text: string): string {
  const word = /unknown command '(.*)'/.exec(text)?.[1];
  const ours = word === undefined ? undefined : ourWord(word);
  return ours === undefined
    ? text
    : text.replace(/(\n\(Did you mean .*\))?\n$/, () => `\n(Did you mean ${ours}?)\n`);
}

function ourWord(word: string): string | undefined {
  // A directory alone.
  if (/^[./~]|[/\\]/.test(word)) return "cairn up PATH";
  return Object.hasOwn(OURS, word) ? OURS[word] : undefined;
}
