/** The variables that the program looks at, for the pages that list them; a test finds each in the sources. */
export const ENVIRONMENT: Readonly<Record<string, string>> = {
  CAIRN_HOME: "the home, when `--home` is not given",
  XDG_DATA_HOME: "where the home is by default, on Linux: in `cairn` there",
  HOME: "the user's directory: `~`, and where the home is by default",
  LOCALAPPDATA: "where the home is by default, on Windows: in `Cairn` there",
  USERPROFILE: "the user's directory, where `HOME` is not set",
  CAIRN_DEBUG: "prints the stack of an error too",
  NO_COLOR: "no colours, unless it is empty; without a terminal there are none anyway",
  TERM: "`dumb`: no colours, and no redrawn lines",
};
