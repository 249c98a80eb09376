/**
 * The definition of a scheduled task, as of the Task Scheduler schema 1.2 (Windows 7 and later). `schtasks /Create /XML` wants it in
 * UTF-16 with a byte order mark.
 *
 * At login `cairn up --detach` runs to its end: it starts the keeper without a console, so that no window stays open. The scheduler tries again each minute
 * where not even that succeeded; all later restarts are the keeper's.
 */
import { type Description, unsayable } from "./description.ts";
import { xmlText } from "./xml_text.ts";

const WHERE = "a scheduled task";

export function taskXml(description: Description): string {
  const [program, ...rest] = taskArgv(description);
  const user = xmlText(description.user, WHERE);
  return `<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>Cairn keeps folders the same on all devices</Description>
  </RegistrationInfo>
  <Triggers>
    <LogonTrigger>
      <Enabled>true</Enabled>
      <UserId>${user}</UserId>
    </LogonTrigger>
  </Triggers>
  <Principals>
    <Principal id="Author">
      <UserId>${user}</UserId>
      <LogonType>InteractiveToken</LogonType>
      <RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <AllowStartOnDemand>true</AllowStartOnDemand>
    <RestartOnFailure>
      <Interval>PT1M</Interval>
      <Count>255</Count>
    </RestartOnFailure>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <AllowHardTerminate>true</AllowHardTerminate>
    <Enabled>true</Enabled>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>${xmlText(sayable(program!), WHERE)}</Command>
      <Arguments>${xmlText(rest.map((word) => windowsWord(sayable(word))).join(" "), WHERE)}</Arguments>
    </Exec>
  </Actions>
</Task>
`;
}

/** As `schtasks` reads it. */
export function taskBytes(xml: string): Uint8Array<ArrayBuffer> {
  const text = `\ufeff${xml.replaceAll("\n", "\r\n")}`;
  const bytes = new Uint8Array(text.length * 2);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < text.length; i++) view.setUint16(i * 2, text.charCodeAt(i), true);
  return bytes;
}

export function taskArgv({ command, home }: Description): string[] {
  return [...command, "--home", home, "up", "--no-invite", "--detach"];
}

/** The scheduler puts the environment's `%NAME%` and its own `$(Arg0)` in, and has no way to say them as they stand. */
function sayable(word: string): string {
  if (/%[^%]+%/.test(word)) throw unsayable(word, "a name between percent signs", WHERE);
  if (word.includes("$(")) throw unsayable(word, '"$("', WHERE);
  return word;
}

/**
 * A word as Windows programs take their command line apart (CommandLineToArgvW): backslashes count only before a quote, where each is doubled.
 */
export function windowsWord(word: string): string {
  if (word !== "" && !/[\s"]/.test(word)) return word;
  return `"${word.replace(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, "$1$1")}"`;
}
