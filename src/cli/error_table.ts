/**
 * What each error code means and what helps, for the pages that list them. The type asks for every code: one that is added in
 * `core/errors.ts` and not here does not compile.
 */
import type { ErrorCode } from "../core/errors.ts";

export interface ErrorTold {
  readonly meaning: string;
  readonly remedy: string;
}

/** In Markdown, of a single line each. */
export const ERRORS: Readonly<Record<ErrorCode, ErrorTold>> = {
  "usage": {
    meaning:
      "what was asked makes no sense: an option, a name, a body of the API; or four invites are open already",
    remedy: "Say it as `cairn help COMMAND` shows it",
  },
  "not-running": {
    meaning: "no device runs in this home",
    remedy: "Start it: `cairn up`",
  },
  "already-running": {
    meaning: "a device runs in this home",
    remedy: "Ask the one that runs, such as `cairn status`; or stop it first",
  },
  "home-unusable": {
    meaning: "the home, its identity or its settings cannot be read or written",
    remedy: "Mend the permissions or the disk of the home, or name another one with `--home`",
  },
  "path-unusable": {
    meaning: "a folder's path is a file, unreadable, read-only, or has lost its marker",
    remedy: "Mend what the message names, or name another path",
  },
  "not-dropped": {
    meaning: "files stay on this device: not enough other devices could be made sure to keep them",
    remedy:
      "Do what stands beside each file, such as starting the device that has it; then `cairn drop` again",
  },
  "folder-overlap": {
    meaning: "a folder inside or around another folder or the home; or a folder that this device has already",
    remedy: "Choose a directory that lies neither in nor around another folder",
  },
  "folder-unknown": {
    meaning: "no such folder in the library, or several to choose from",
    remedy: "See their names: `cairn folders`",
  },
  "root-foreign": {
    meaning:
      "the directory carries the marker of another device's replica, or is a copy of a folder of this device",
    remedy: "Take an empty directory, or the folder's own one",
  },
  "backup-unusable": {
    meaning:
      "a file of `cairn export` that is damaged, of a newer version, or opened with another passphrase",
    remedy: "Take another copy of the file, or the right passphrase",
  },
  "labels-full": {
    meaning: "there is no room for more tags and notes (64 MiB, 10,000 different tags)",
    remedy: "Take tags and notes off that are not needed: `cairn tags`",
  },
  "policy-unmeetable": {
    meaning: "a policy asks for more copies than there are devices",
    remedy: "Ask for fewer copies, or let a further device join",
  },
  "conflict-unknown": {
    meaning: "nobody has left a conflict at the path",
    remedy: "See what there is: `cairn conflicts`",
  },
  "conflict-unsettled": {
    meaning: "a side changed meanwhile, or cannot be settled so; nothing was lost",
    remedy: "Look again with `cairn conflicts diff PATH`, then settle it once more",
  },
  "content-unreachable": {
    meaning:
      "no device that has a content is connected, or none has it any more; for `cat` with the byte at which it ended",
    remedy: "Start a device that has it; `cairn where` tells which",
  },
  "content-damaged": {
    meaning: "files that the disk has damaged and that no copy was there for",
    remedy: "Bring a device with a good copy here, then `cairn verify`",
  },
  "version-unknown": {
    meaning: "nothing is kept of the path, or not the version or time that was asked for",
    remedy: "See what is kept: `cairn versions PATH`",
  },
  "address-malformed": {
    meaning: "no [address](catalogue.md#addresses): says which part is wrong",
    remedy: "Write it as [DEVICE:][FOLDER[/PATH]]",
  },
  "address-unknown": {
    meaning: "there is no such device, folder, path or content in the catalogue; the nearest names are told",
    remedy: "Look with `cairn ls`, or search with `cairn find`",
  },
  "address-ambiguous": {
    meaning: "a device or content is named by a beginning that several have",
    remedy: "Give more of the name or the id",
  },
  "busy": {
    meaning: "too many questions wait for their answers, or the device is stopping",
    remedy: "Ask again in a moment",
  },
  "code-malformed": {
    meaning: "a code with a wrong character or length; tells which",
    remedy: "Type the code as the other device shows it",
  },
  "code-refused": {
    meaning: "the inviter did not take the code; see below",
    remedy: "Make a new code there: `cairn invite`",
  },
  "no-answer": {
    meaning: "nobody inviting was heard, or the address does not answer, or not in time",
    remedy: "See that the other device runs and is in the same network; or name its address with `--at`",
  },
  "protocol-version": {
    meaning: "no protocol version in common",
    remedy: "Bring the older device to the newer version",
  },
  "not-a-member": {
    meaning: "the certificate is not accepted, or its device is not in this library",
    remedy: "Pair it with a new code: `cairn invite`, `cairn join`",
  },
  "removed": {
    meaning: "this device was removed from its library, or has left it",
    remedy: "Come back as a new device: `cairn join CODE PATH --again`",
  },
  "suspended": {
    meaning: "this device was let in by one that was removed, and nobody has confirmed it",
    remedy: "On a member: `cairn devices confirm NAME`",
  },
  "device-unknown": {
    meaning: "no such device in the library, or several to choose from",
    remedy: "See their names: `cairn devices`",
  },
  "files-only-here": {
    meaning:
      "a directory that was a replica before this device was removed holds files that the others do not have",
    remedy: "Move them away, or add them with `--add`",
  },
  "library-conflict": {
    meaning: "both devices are in libraries with other devices",
    remedy: "Let one of the two leave its library first: `cairn devices remove NAME --self`",
  },
  "journal-broken": {
    meaning: "the journal cannot be written, or was written by a newer program",
    remedy: "Free space or mend the disk; if a newer program wrote it, run that one",
  },
  "catalogue-broken": {
    meaning: "the catalogue cannot be used: its disk is full or refuses, or another program keeps it locked",
    remedy:
      "Free space, or end the other program; with the catalogue deleted it is built again from the journal",
  },
  "catalogue-newer": {
    meaning: "the catalogue was written by a newer program",
    remedy: "Run the newer program",
  },
  "service-unusable": {
    meaning:
      "the system has nothing that starts programs by itself, or it refused: no systemd of the user's, no permission, a file that cannot be written",
    remedy: "Do what the message says, or use `cairn up --detach`",
  },
  "needs-attention": {
    meaning: "`cairn doctor` has found something to do",
    remedy: "Do what it says",
  },
  "message-invalid": {
    meaning: "bytes that are no message or record",
    remedy: "Bring both sides to the same version; if it stays, report it",
  },
  "network": {
    meaning: "a port or an address cannot be used, or a session ended",
    remedy: "See that the port is free and the network is there",
  },
  "internal": {
    meaning: "a fault of the program",
    remedy: "Report it, with what `CAIRN_DEBUG=1` shows",
  },
};
