/**
 * The files of a library that people could have: years, occasions, names of words and numbers, and texts among them. The same number gives the
 * same files. Contents are as small as they can be and still differ: what a question costs goes by rows, not by bytes. Only the texts are of
 * formats that are read.
 */

const WORDS =
  ("annual budget summer winter family beach invoice report tax receipt contract letter draft final notes meeting project garden kitchen " +
    "travel holiday birthday wedding school music guitar piano concert festival mountain river forest city street house car bike train flight " +
    "hotel passport visa insurance bank statement payment order delivery warranty manual recipe cake bread dinner sketch design logo banner " +
    "poster flyer chapter thesis paper lecture exercise exam solution summary appendix figure table data backup archive export import sample " +
    "test module server client parser lexer engine render shader texture mesh scene camera light")
    .split(" ");
const ENDINGS = ["jpg", "png", "mp4", "flac", "psd", "mp3", "zip", "heic", "mov", "bin"];
const TEXT_ENDINGS = ["txt", "md"];
const FILES_A_DIRECTORY = 50;
/** Of so many files one is a text. */
export const TEXT_EVERY = 50;
const TEXT_WORDS = 120;
/** Of so many files one has its copy on the next device: every other one under the same path, the rest under another. */
export const SHARED_EVERY = 5;

export interface LibraryFile {
  readonly path: string;
  readonly text: string;
}

/** A word that only the text of this file has, and no name. */
export function rareWord(device: number, index: number): string {
  return `qx${device}z${index.toString(36)}`;
}

export function isText(index: number): boolean {
  return index % TEXT_EVERY === 0;
}

/** The files of one device: `count` of its own, of which some are the copies of what the device before it has. */
export function* libraryFiles(device: number, devices: number, count: number): Generator<LibraryFile> {
  for (let i = 0; i < count; i++) {
    if (i % SHARED_EVERY !== 1) yield libraryFile(device, i);
    else {
      const { path, text } = libraryFile((device + devices - 1) % devices, i - 1);
      yield { path: i % (2 * SHARED_EVERY) === 1 ? path : `copies/${path}`, text };
    }
  }
}

/** The file with a number on its own device. */
export function libraryFile(device: number, index: number): LibraryFile {
  const word = wordsOf(device * 0x1000000 + index);
  const directory = Math.floor(index / FILES_A_DIRECTORY);
  const wordOfDirectory = wordsOf(device * 7919 + directory);
  const top = `${2016 + directory % 10}/${wordOfDirectory()} ${wordOfDirectory()} ${device}-${directory}`;
  const isOne = isText(index);
  const endings = isOne ? TEXT_ENDINGS : ENDINGS;
  const name = `${word()}-${word()}-${String(index).padStart(6, "0")}.${endings[index % endings.length]}`;
  const path = `${top}/${name}`;
  if (!isOne) return { path, text: `${device}/${index}\n` };
  const said = Array.from({ length: TEXT_WORDS }, word).join(" ");
  return { path, text: `${said} ${rareWord(device, index)}\n` };
}

/** Of `mountain-guitar-000123.jpg`: `untain-guitar-000123`. */
export function pieceOfName(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return name.slice(2, name.lastIndexOf("."));
}

/** Words that look drawn and are the same for the same seed. */
function wordsOf(seed: number): () => string {
  let a = seed >>> 0;
  return () => {
    a = a + 0x6d2b79f5 | 0;
    let t = Math.imul(a ^ a >>> 15, 1 | a);
    t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t;
    return WORDS[((t ^ t >>> 14) >>> 0) % WORDS.length]!;
  };
}

/** Makes the files of a device below `root`. */
export function makeLibrary(root: string, device: number, devices: number, count: number): void {
  const made = new Set<string>();
  for (const { path, text } of libraryFiles(device, devices, count)) {
    const directory = path.slice(0, path.lastIndexOf("/"));
    if (!made.has(directory)) Deno.mkdirSync(`${root}/${directory}`, { recursive: true });
    made.add(directory);
    Deno.writeTextFileSync(`${root}/${path}`, text);
  }
}
