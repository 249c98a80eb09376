/** The program's icon for Windows: five stones on each other, drawn here in each size that the system asks for. */

const SIZES = [16, 32, 48, 64];
/** Centre, half width and half height of each stone in parts of the icon, from the bottom; and its colour. */
const STONES = [
  { x: 0.5, y: 0.84, a: 0.42, b: 0.11, colour: [0x5b, 0x65, 0x6e] },
  { x: 0.47, y: 0.64, a: 0.32, b: 0.1, colour: [0x7d, 0x88, 0x90] },
  { x: 0.53, y: 0.46, a: 0.24, b: 0.09, colour: [0x5b, 0x65, 0x6e] },
  { x: 0.49, y: 0.3, a: 0.17, b: 0.08, colour: [0x8f, 0x9a, 0xa3] },
  { x: 0.51, y: 0.16, a: 0.11, b: 0.07, colour: [0xd9, 0x7b, 0x3c] },
] as const;
/** Points looked at in each direction of a pixel: soft edges. */
const SAMPLES = 4;
const HEADER = 6;
const ENTRY = 16;
const BITMAP_HEADER = 40;

/** An .ico file. */
export function iconBytes(): Uint8Array {
  const images = SIZES.map(imageOf);
  const bytes = new Uint8Array(
    HEADER + ENTRY * images.length + images.reduce((sum, image) => sum + image.length, 0),
  );
  const view = new DataView(bytes.buffer);
  view.setUint16(2, 1, true); // an icon
  view.setUint16(4, images.length, true);
  let at = HEADER + ENTRY * images.length;
  for (const [index, image] of images.entries()) {
    const entry = HEADER + ENTRY * index;
    bytes[entry] = bytes[entry + 1] = SIZES[index]!;
    view.setUint16(entry + 4, 1, true); // planes
    view.setUint16(entry + 6, 32, true); // bits a pixel
    view.setUint32(entry + 8, image.length, true);
    view.setUint32(entry + 12, at, true);
    bytes.set(image, at);
    at += image.length;
  }
  return bytes;
}

/** A bitmap as icons have it: header, pixels from the bottom as blue, green, red, alpha, and a mask that alpha makes needless. */
function imageOf(size: number): Uint8Array {
  const maskRow = Math.ceil(size / 32) * 4;
  const bytes = new Uint8Array(BITMAP_HEADER + size * size * 4 + maskRow * size);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, BITMAP_HEADER, true);
  view.setInt32(4, size, true);
  view.setInt32(8, 2 * size, true); // with the mask
  view.setUint16(12, 1, true);
  view.setUint16(14, 32, true);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const [red, green, blue, alpha] = pixelAt(x, size - 1 - y, size);
      bytes.set([blue, green, red, alpha], BITMAP_HEADER + 4 * (y * size + x));
    }
  }
  return bytes;
}

function pixelAt(x: number, y: number, size: number): [number, number, number, number] {
  const sum = [0, 0, 0];
  let hits = 0;
  for (let i = 0; i < SAMPLES * SAMPLES; i++) {
    const px = (x + (i % SAMPLES + 0.5) / SAMPLES) / size;
    const py = (y + (Math.floor(i / SAMPLES) + 0.5) / SAMPLES) / size;
    const stone = STONES.find(({ x, y, a, b }) => ((px - x) / a) ** 2 + ((py - y) / b) ** 2 <= 1);
    if (stone === undefined) continue;
    hits++;
    for (let c = 0; c < 3; c++) sum[c]! += stone.colour[c]!;
  }
  const mean = (c: number) => hits === 0 ? 0 : Math.round(sum[c]! / hits);
  return [mean(0), mean(1), mean(2), Math.round(255 * hits / SAMPLES ** 2)];
}
