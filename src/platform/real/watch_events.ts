/** What inotify(7) writes: i32 watch, u32 mask, u32 cookie, u32 length of the name, the name padded with NUL. */

/** Bits of a mask. */
export const MASK = {
  modify: 0x2,
  attrib: 0x4,
  closeWrite: 0x8,
  movedFrom: 0x40,
  movedTo: 0x80,
  create: 0x100,
  delete: 0x200,
  deleteSelf: 0x400,
  moveSelf: 0x800,
  unmount: 0x2000,
  overflow: 0x4000,
  ignored: 0x8000,
  onlyDir: 0x0100_0000,
  dontFollow: 0x0200_0000,
  isDir: 0x4000_0000,
} as const;

export interface InotifyEvent {
  readonly watch: number;
  readonly mask: number;
  /** Empty when the event is about the watched directory itself. */
  readonly name: string;
}

const HEAD_BYTES = 16;
/** A name may begin with the mark that a decoder would take for one of its own. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The events in the first `filled` bytes of what a read gave. */
export function eventsIn(bytes: Uint8Array, filled: number): InotifyEvent[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, filled);
  const events: InotifyEvent[] = [];
  for (let at = 0; at + HEAD_BYTES <= filled;) {
    const room = view.getUint32(at + 12, true);
    const start = at + HEAD_BYTES;
    let end = start;
    while (end < start + room && bytes[end] !== 0) end++;
    events.push({
      watch: view.getInt32(at, true),
      mask: view.getUint32(at + 4, true),
      name: decoder.decode(bytes.subarray(start, end)),
    });
    at = start + room;
  }
  return events;
}
