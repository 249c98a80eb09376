/** How the tools end: with the code of `main`, with help, or with what is wrong with the command line. */

/** What is wrong with the command line, or "help". */
export class Usage extends Error {
  override readonly name = "Usage";
}

/** Runs a tool, called `deno task NAME`, and ends the process. */
export async function runTool(
  name: string,
  help: string,
  main: (args: readonly string[]) => Promise<number>,
): Promise<never> {
  try {
    Deno.exit(await main(Deno.args));
  } catch (error) {
    if (!(error instanceof Usage)) throw error;
    if (error.message === "help") {
      console.log(help);
      Deno.exit(0);
    }
    console.error(`${name}: ${error.message}\n→ See: deno task ${name} --help`);
    Deno.exit(2);
  }
}
