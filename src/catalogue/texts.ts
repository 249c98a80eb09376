/** All that `text.db` holds: one file, its parts. */
import { TextFile, type TextFileOptions } from "./text_file.ts";
import { TextIndex } from "./text_index.ts";
import { TextPeers } from "./text_peers.ts";
import { TextQueue } from "./text_queue.ts";

export class Texts {
  readonly file: TextFile;
  readonly index: TextIndex;
  readonly queue: TextQueue;
  readonly peers: TextPeers;

  /** Throws as `TextFile` does. */
  constructor(options: TextFileOptions) {
    this.file = new TextFile(options);
    this.index = new TextIndex(this.file);
    this.queue = new TextQueue(this.file);
    this.peers = new TextPeers(this.file);
  }
}
