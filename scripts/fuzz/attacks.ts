/** All attacks there are. */
import { contentAttacks } from "./attacks/contents.ts";
import { cursorAttacks } from "./attacks/cursors.ts";
import { entryAttacks } from "./attacks/entries.ts";
import { frameAttacks } from "./attacks/frames.ts";
import { inviteAttacks } from "./attacks/invite.ts";
import { lanAttacks } from "./attacks/lan.ts";
import { localAttacks } from "./attacks/local.ts";
import { requestAttacks } from "./attacks/requests.ts";
import { rowAttacks } from "./attacks/rows.ts";
import { sharedAttacks } from "./attacks/shared.ts";
import { strangerAttacks } from "./attacks/stranger.ts";
import type { Attack } from "./field.ts";

export const ATTACKS: readonly Attack[] = [
  ...strangerAttacks,
  ...lanAttacks,
  ...inviteAttacks,
  ...frameAttacks,
  ...rowAttacks,
  ...entryAttacks,
  ...contentAttacks,
  ...requestAttacks,
  ...cursorAttacks,
  ...sharedAttacks,
  ...localAttacks,
];
