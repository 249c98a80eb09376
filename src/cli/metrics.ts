/** `cairn metrics`: what the running device measures, as Prometheus reads it. */
import type { Command } from "commander";
import { connect } from "./client.ts";
import type { Context } from "./context.ts";
import { homeFor } from "./home.ts";

export function addMetrics(program: Command, { terminal, env }: Context): void {
  program.command("metrics")
    .description("print what the running device measures, in Prometheus' text format")
    .addHelpText(
      "after",
      "\nThe same is GET /metrics of the local API: see docs/metrics.md.\n\nExample:\n  cairn metrics",
    )
    .action(async (_options, command: Command) => {
      const { home } = command.optsWithGlobals<{ home?: string }>();
      terminal.out(await connect(homeFor(home, env, Deno.build.os, Deno.cwd())).metrics());
    });
}
