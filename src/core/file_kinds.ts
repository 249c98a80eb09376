/** What kind of file a name says it is: by its extension, which everybody can see. Nothing is read for it. */
import type { EntryKind } from "./entry.ts";

/** In the order of their numbers in the index of dates: a change there, or of an extension, is a new KINDS_VERSION. */
export const FILE_KINDS = [
  "other",
  "image",
  "video",
  "audio",
  "document",
  "code",
  "archive",
  "folder",
  "link",
] as const;
export type FileKind = typeof FILE_KINDS[number];
export const KINDS_VERSION = 1;

const EXTENSIONS: Readonly<Partial<Record<FileKind, string>>> = {
  image:
    "jpg jpeg jpe png gif webp heic heif avif bmp tif tiff svg raw cr2 cr3 nef arw dng orf rw2 raf psd xcf ico jxl",
  video: "mp4 m4v mov mkv webm avi wmv flv mpg mpeg m2ts mts 3gp ogv vob",
  audio: "mp3 flac wav ogg oga opus m4a aac wma aiff aif alac mid midi ape",
  document:
    "pdf doc docx odt rtf txt md markdown tex pages epub mobi azw3 djvu xls xlsx ods csv tsv numbers ppt pptx odp key html htm xhtml eml msg",
  code:
    "js mjs cjs jsx ts tsx py rb go rs java kt kts scala c h cc cpp cxx hpp hh cs swift m mm php pl pm lua r jl hs ml mli clj ex exs erl " +
    "dart zig nim sh bash zsh fish ps1 bat sql css scss sass less vue svelte json jsonc yaml yml toml ini xml proto gradle cmake ipynb",
  archive: "zip tar gz tgz bz2 tbz xz txz zst 7z rar iso dmg cab deb rpm jar war",
};

const KIND_OF = new Map<string, FileKind>();
for (const kind of FILE_KINDS) {
  for (const extension of EXTENSIONS[kind]?.split(" ") ?? []) KIND_OF.set(extension, kind);
}

/** The extension of a name in lower case, without its dot; "" where it has none. A leading dot begins no extension. */
export function extensionOf(name: string): string {
  const dot = name.lastIndexOf(".");
  return dot <= 0 ? "" : name.slice(dot + 1).toLowerCase();
}

export function fileKindOf(kind: EntryKind, name: string): FileKind {
  if (kind === "directory") return "folder";
  return kind === "symlink" ? "link" : KIND_OF.get(extensionOf(name)) ?? "other";
}

/** The extensions of a kind; none of those that are told otherwise. */
export function extensionsOfKind(kind: FileKind): readonly string[] {
  return EXTENSIONS[kind]?.split(" ") ?? [];
}
