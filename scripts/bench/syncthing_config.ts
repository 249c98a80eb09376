/** Syncthing's configuration for a bench: two or more devices that know each other's addresses, one folder, nothing else. Pure. */

export interface KnownDevice {
  readonly name: string;
  readonly id: string;
  /** `HOST:PORT` */
  readonly address: string;
}

export interface SyncthingConfig {
  readonly devices: readonly KnownDevice[];
  /** Absolute path of the folder. */
  readonly folder: string;
  /** `HOST:PORT` */
  readonly listen: string;
  /** Path of the Unix socket on which the REST API listens: it can be asked from outside of the host. */
  readonly api: string;
  readonly apiKey: string;
}

export const FOLDER_ID = "bench";
/** The version of the form; newer programs migrate it. */
const FORM = 36;
/** The least that Syncthing allows; by default it is ten times as much. */
const WATCH_DELAY_S = 1;
const RECONNECT_S = 2;

/** The text of `config.xml`. What is not said keeps Syncthing's default. */
export function syncthingConfig({ devices, folder, listen, api, apiKey }: SyncthingConfig): string {
  const members = devices.map(({ id }) => `<device id="${id}"></device>`).join("");
  const known = devices.map(({ id, name, address }) =>
    `<device id="${id}" name="${
      escaped(name)
    }" compression="metadata"><address>tcp://${address}</address></device>`
  );
  return [
    `<configuration version="${FORM}">`,
    `<folder id="${FOLDER_ID}" label="${FOLDER_ID}" path="${escaped(folder)}" type="sendreceive"`,
    ` rescanIntervalS="3600" fsWatcherEnabled="true" fsWatcherDelayS="${WATCH_DELAY_S}"`,
    ` ignorePerms="false" autoNormalize="true">${members}<minDiskFree unit="%">1</minDiskFree></folder>`,
    ...known,
    `<gui enabled="true" tls="false"><address>${escaped(api)}</address>`,
    `<unixSocketPermissions>0600</unixSocketPermissions><apikey>${apiKey}</apikey></gui>`,
    `<options><listenAddress>tcp://${listen}</listenAddress>`,
    "<globalAnnounceEnabled>false</globalAnnounceEnabled><localAnnounceEnabled>false</localAnnounceEnabled>",
    "<relaysEnabled>false</relaysEnabled><natEnabled>false</natEnabled><urAccepted>-1</urAccepted>",
    "<crashReportingEnabled>false</crashReportingEnabled><autoUpgradeIntervalH>0</autoUpgradeIntervalH>",
    `<startBrowser>false</startBrowser><reconnectionIntervalS>${RECONNECT_S}</reconnectionIntervalS></options>`,
    "</configuration>",
    "",
  ].join("\n");
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
