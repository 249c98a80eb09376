/** The variables that the program looks at, for the pages that list them; a test finds each in the sources. */
export const ENVIRONMENT: Readonly<Record<string, string>> = {
  CAIRN_HOME: "the home, when `--home` is not given",
  XDG_DATA_HOME: "where the home is by default, on Linux: in `cairn` there",
  HOME: "the user's directory: `~`, and where the home is by default",
  LOCALAPPDATA: "where the home is by default, on Windows: in `Cairn` there",
  USERPROFILE: "the user's directory, where `HOME` is not set",
  XDG_CONFIG_HOME: "where a user's unit of systemd is written",
  XDG_RUNTIME_DIR: "where the user's systemd listens",
  SUDO_USER: "as whom a service of the whole machine runs, unless `--run-as` says",
  USER: "whose service it is, beside `LOGNAME`",
  LOGNAME: "the same",
  USERNAME: "whose service it is, on Windows: in `USERDOMAIN`, or `COMPUTERNAME`",
  USERDOMAIN: "the same",
  COMPUTERNAME: "the same",
  CAIRN_DEBUG: "prints the stack of an error too",
  NO_COLOR: "no colours, unless it is empty; without a terminal there are none anyway",
  TERM: "`dumb`: no colours, and no redrawn lines",
};
