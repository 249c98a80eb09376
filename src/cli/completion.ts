/** `cairn completion`: the script that teaches a shell to complete Cairn's words; and what that script asks, which is hidden. */
import { Argument, type Command, Option } from "commander";
import { type Shell, SHELLS } from "./completion/shells.ts";
import type { Context } from "./context.ts";

interface CompleteOptions {
  readonly shell: Shell;
  readonly breaks: string;
  readonly current?: string;
}

export function addCompletion(program: Command, context: Context): void {
  program.command("completion")
    .description("print the script that completes commands, options, names and addresses in a shell")
    .addArgument(new Argument("<shell>", "for which shell").choices(SHELLS))
    .addHelpText("after", HELP)
    .action(async (shell: Shell) => {
      const { SCRIPTS } = await import("./completion/scripts.ts");
      context.terminal.out(SCRIPTS[shell]);
    });
  program.command("__complete", { hidden: true })
    .description("what the scripts of cairn completion ask")
    .argument("[words...]", "the words behind cairn, and the one that is typed unless --current gives it")
    .addOption(new Option("--shell <shell>", "who asks").choices(SHELLS).default("zsh"))
    .option("--current <word>", "the word that is typed")
    .option("--breaks <characters>", "bash's COMP_WORDBREAKS", "")
    .action(async (given: string[], { shell, breaks, current }: CompleteOptions) => {
      const { completionLines } = await import("./completion/complete.ts");
      const words = current === undefined ? given.slice(0, -1) : given;
      const asked = { shell, words, current: current ?? given.at(-1) ?? "", breaks };
      const lines = await completionLines(program, asked, context);
      context.terminal.out(lines.join("\n") + "\n");
    });
}

const HELP = `
bash        source <(cairn completion bash), in ~/.bashrc
zsh         cairn completion zsh > ~/.zfunc/_cairn, in a directory of $fpath
fish        cairn completion fish > ~/.config/fish/completions/cairn.fish
PowerShell  cairn completion powershell >> $PROFILE
Names of devices, folders and files are the running device's.

Example:
  cairn completion bash > ~/.local/share/bash-completion/completions/cairn`;
