/** `cairn man`: the man page, made of the commands. */
import type { Command } from "commander";
import type { Context } from "./context.ts";

export function addMan(program: Command, { terminal }: Context): void {
  program.command("man")
    .description("print the man page")
    .addHelpText(
      "after",
      "\nExamples:\n  cairn man | man -l -\n  cairn man > ~/.local/share/man/man1/cairn.1",
    )
    .action(async () => {
      const [{ manPage }, { referenceOf }] = await Promise.all([
        import("./man_page.ts"),
        import("./reference.ts"),
      ]);
      terminal.out(manPage(referenceOf(program)));
    });
}
