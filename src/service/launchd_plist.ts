/** The property list of a launchd agent or daemon, as of launchd.plist(5). */
import { type Description, keeperArgv } from "./description.ts";
import { xmlText } from "./xml_text.ts";

/** launchd stops a job that has not ended so long after SIGTERM. */
const EXIT_SECONDS = 120;

export function launchdLabel({ name }: Description): string {
  return `local.${name}`;
}

/**
 * The keeper restarts the device with growing pauses, which launchd cannot; `KeepAlive` is for the keeper itself, and leaves it in peace
 * when it ended well.
 */
export function launchdPlist(description: Description): string {
  const words = keeperArgv(description).map((word) =>
    `    <string>${xmlText(word, "a property list")}</string>`
  );
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>${launchdLabel(description)}</string>
  <key>ProgramArguments</key>
  <array>
${words.join("\n")}
  </array>
${
    description.isSystem
      ? `  <key>UserName</key>\n  <string>${xmlText(description.user, "a property list")}</string>\n`
      : ""
  }  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <dict>
    <key>SuccessfulExit</key>
    <false/>
  </dict>
  <key>ThrottleInterval</key>
  <integer>10</integer>
  <key>ExitTimeOut</key>
  <integer>${EXIT_SECONDS}</integer>
  <key>ProcessType</key>
  <string>Standard</string>
</dict>
</plist>
`;
}
