/** The commands of every day: settings, pauses, what is ignored. */
import { addConfig } from "./config.ts";
import { addIgnore } from "./ignore.ts";
import { addPause } from "./pause.ts";

export const EVERYDAY = [addConfig, addPause, addIgnore];
