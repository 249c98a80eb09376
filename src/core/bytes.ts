/** Sizes as people read them, in binary units. */
const UNITS = [["GiB", 2 ** 30], ["MiB", 2 ** 20], ["KiB", 2 ** 10]] as const;

/** `0.3 GiB`, `12.0 MiB`: the largest unit of which there is a tenth. */
export function sizeInWords(bytes: number): string {
  const [name, unit] = UNITS.find(([, size]) => bytes >= size / 10) ?? UNITS[2];
  return `${(bytes / unit).toFixed(1)} ${name}`;
}
