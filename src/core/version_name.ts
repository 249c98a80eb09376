/** The program's version, as `cairn --version` and the status tell it. */
export const VERSION = "0.1.0";
