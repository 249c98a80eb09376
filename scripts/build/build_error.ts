/** What went wrong in a build, in words for who runs it, and what to do next. */
export class BuildError extends Error {
  constructor(message: string, readonly hint: string) {
    super(message);
    this.name = "BuildError";
  }
}
