/** The commands of every day: settings, pauses, what is ignored. */
import { addConfig } from "./config.ts";

export const EVERYDAY = [addConfig];
