/** The table of all settings in docs/cli.md, from the one that the program has. Run, it writes it there. */
import { ALL_SETTINGS } from "../src/library/settings_table.ts";

const DOCS = new URL("../docs/cli.md", import.meta.url);
const BEGIN = "<!-- settings: by scripts/settings_docs.ts -->";
const END = "<!-- end of settings -->";

/** The page with the table as it is now; it is `page` itself where nothing has changed. */
export function withSettings(page: string): string {
  const from = page.indexOf(BEGIN);
  const to = page.indexOf(END);
  if (from < 0 || to < from) throw new Error(`${DOCS.pathname} has no place for the settings`);
  return `${page.slice(0, from)}${BEGIN}\n${settingsTable()}\n${page.slice(to)}`;
}

export function readDocs(): string {
  return Deno.readTextFileSync(DOCS);
}

function settingsTable(): string {
  const rows = ALL_SETTINGS.map(
    ({ name, scope, isShared, isByDevice, initial, example, holds, meaning, show }) => {
      const whose = scope === "device"
        ? isByDevice ? "this device, or one other" : "this device"
        : isShared
        ? "folder, all devices"
        : "folder, this device";
      const said = holds === "at once" ? meaning : `${meaning}; ${holds}`;
      return [`\`${name}\``, whose, initial === null ? "" : `\`${show(initial)}\``, `\`${example}\``, said];
    },
  );
  const head = [["Setting", "Whose", "Default", "Example", "Meaning"], ["---", "---", "---", "---", "---"]];
  return [...head, ...rows].map((cells) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`
  )
    .join("\n");
}

if (import.meta.main) Deno.writeTextFileSync(DOCS, withSettings(readDocs()));
