/** What each exit code means, for the pages that list them. */
import { DONE, FAILED, NEEDS_ATTENTION, USAGE_CODES, WRONG_USAGE } from "./exit.ts";

/** In Markdown. */
export const EXIT_CODES: readonly { readonly code: number; readonly meaning: string }[] = [
  { code: DONE, meaning: "done; also when whoever read the output closed it (`cairn log \\| head`)" },
  { code: FAILED, meaning: "failed; also a second stop signal" },
  {
    code: WRONG_USAGE,
    meaning:
      "wrong usage: unknown command or option, a missing argument, one too many, a value that cannot be, and the codes " +
      [...USAGE_CODES].map((code) => `\`${code}\``).join(", "),
  },
  {
    code: NEEDS_ATTENTION,
    meaning: "done, and something needs attention (`cairn doctor`; code `needs-attention`)",
  },
];
