/**
 * Texts between devices (R39): each tells up to which number its index goes; who is behind asks for the heads of what came after, and then for
 * those texts that it does not have. So a text goes over a wire once, wherever it comes from, and is found on a device that never met who read it.
 *
 * 1. Only contents that a living row names are kept, of whoever; what is passed by or dropped is listed once more later.
 * 2. A text is a claim. It is checked for its form and its bounds; nothing else can be.
 * 3. It goes behind all else: nothing is asked while there is something to sync, and nothing is answered in the middle of that.
 * 4. Peers are caught up beside each other, with one request at each: who does not answer keeps back his own texts alone. What comes is
 *    taken in by one step of one peer between two turns of the event loop, however many answer at once.
 */
import type { Catalogue } from "../catalogue/catalogue.ts";
import { unpackText } from "../catalogue/text_index.ts";
import type { Texts } from "../catalogue/texts.ts";
import { CairnError, messageOf } from "../core/errors.ts";
import { type ContentId, type DeviceId, fromHex } from "../core/ids.ts";
import { TEXT_HEADS, TEXTS_AT_ONCE_BYTES } from "../core/limits.ts";
import { isPassing } from "../core/passing.ts";
import { isBetterText, type TextHead } from "../core/text_record.ts";
import type { Message, Session } from "../peer/session.ts";
import type { Clock } from "../platform/ports.ts";
import {
  decodeHeads,
  decodePacked,
  encodeHeads,
  type HeadsPage,
  readText,
  TEXT_MESSAGE,
  TEXTS,
} from "./text_messages.ts";
import { TextsUnderWay } from "./texts_under_way.ts";
import { Timers } from "./timers.ts";

export interface TextExchangeDeps {
  readonly texts: Texts;
  readonly catalogue: Catalogue;
  readonly clock: Clock;
  mayWork(): boolean;
  /** The peer has told all its rows: those that name its texts are known. */
  hasIndex(session: Session): boolean;
  isMember(device: DeviceId): boolean;
  off(): ReadonlySet<number>;
  /** A record of another device was written. */
  written(): void;
}

/** Peers are told of new records this often at most. */
const TELL_MS = 2_000;
/** It is looked this often whether there is a moment for what is behind. */
const LOOK_MS = 500;
/** Heads that are looked up in one go: some milliseconds. */
const LOOKED_UP = 100;
/** Rows that name what a peer told of may still be on their way: it is asked again after this, doubled each time. */
const EARLY_MS = 5_000;
const EARLY_TRIES = 6;
/** What was passed by is listed again from its beginning this often at most. */
const RELIST_MS = 86_400_000;
/** An answer waits this long for a quiet moment, and then goes all the same. */
const PATIENCE_MS = 2_000;
/** Requests of one peer that may wait: an honest one has one. */
const MOST_ASKED = 4;

interface Peer {
  /** What it told last. */
  told: { readonly index: string; readonly last: number } | null;
  /** From where on it is to be listed again, since rows may have come. */
  early: { readonly from: number; readonly tries: number; readonly dueMs: number } | null;
  /** What we told it last. */
  said: string;
  asked: number;
  answering: Promise<void>;
  isCatchingUp: boolean;
}

type Wanted = HeadsPage["heads"][number];

export class TextExchange {
  readonly #deps: TextExchangeDeps;
  readonly #peers = new Map<Session, Peer>();
  readonly #timers: Timers;
  readonly #underWay = new TextsUnderWay();
  #steps: Promise<unknown> = Promise.resolve();
  #isStopped = false;
  #isTelling = false;
  #isLooking = false;

  constructor(deps: TextExchangeDeps) {
    this.#deps = deps;
    this.#timers = new Timers(deps.clock);
  }

  /** A session began. */
  came(session: Session): void {
    if (!session.agreement.capabilities.has(TEXTS)) return;
    this.#peers.set(session, {
      told: null,
      early: null,
      said: "",
      asked: 0,
      answering: Promise.resolve(),
      isCatchingUp: false,
    });
    session.onClose(() => this.#peers.delete(session));
    this.changed();
  }

  /** Records came into our index. */
  changed(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    this.#timers.after(TELL_MS, () => {
      this.#isTelling = false;
      this.#tell();
    });
  }

  #tell(): void {
    try {
      const { file, index } = this.#deps.texts;
      const [id, last] = [file.id, index.last];
      if (last === 0) return;
      for (const [session, peer] of this.#peers) {
        if (peer.said === `${id}/${last}`) continue;
        peer.said = `${id}/${last}`;
        session.send("control", TEXT_MESSAGE.texts, [fromHex(id), last]);
      }
    } catch (error) {
      if (!isPassing(error)) throw error;
      this.changed();
    }
  }

  stop(): void {
    this.#isStopped = true;
    this.#timers.stop();
  }

  /** Nothing is known to be behind. */
  get isQuiet(): boolean {
    return [...this.#peers].every(([session, peer]) =>
      !peer.isCatchingUp && this.#next(session, peer) === null
    );
  }

  /** Takes a message about texts; false when it is none. Rejects for a malformed one. */
  async handle(session: Session, message: Message): Promise<boolean> {
    const { type, requestId } = message;
    const peer = this.#peers.get(session);
    if (peer === undefined) return false;
    if (type === TEXT_MESSAGE.texts && requestId === 0) {
      const [index, last] = readText("texts", message.header);
      peer.told = { index, last };
      this.#look();
      return true;
    }
    if (requestId === 0 || (type !== TEXT_MESSAGE.heads && type !== TEXT_MESSAGE.text)) return false;
    if (++peer.asked > MOST_ASKED) {
      throw new CairnError("message-invalid", "Too many requests for texts at once");
    }
    // One behind the other: each takes some milliseconds, and what a peer asks for must not hold the others.
    const done = peer.answering.then(() => this.#answer(session, message)).finally(() => peer.asked--);
    peer.answering = done.catch(() => {});
    await done;
    return true;
  }

  // -------------------------------------------------------------------------------- answering

  async #answer(session: Session, { type, requestId, header }: Message): Promise<void> {
    const { clock, mayWork, texts: { file, index } } = this.#deps;
    const sinceMs = clock.monotonic();
    do await this.#pause(0); while (
      !this.#isStopped && !mayWork() && clock.monotonic() - sinceMs < PATIENCE_MS && await this.#pause(50)
    );
    if (this.#isStopped || session.ending !== null) return;
    if (type === TEXT_MESSAGE.heads) {
      const [asked, after] = readText("heads", header);
      const id = file.id;
      const heads = asked === id ? index.headsAfter(after, TEXT_HEADS) : [];
      const isLast = heads.length < TEXT_HEADS;
      const upTo = isLast ? index.last : heads.at(-1)!.id;
      const news = heads.filter(({ origin }) => origin !== session.peer);
      return session.answer(
        requestId,
        "bulk",
        TEXT_MESSAGE.headsAnswer,
        encodeHeads({ index: id, upTo, isLast, heads: news }),
      );
    }
    const packed = index.packedTexts(readText("text", header) as ContentId[]);
    let room = TEXTS_AT_ONCE_BYTES;
    const given = packed.map((bytes) => bytes !== null && (room -= bytes.length) >= 0 ? bytes : null);
    const raw = new Uint8Array(given.reduce((sum, bytes) => sum + (bytes?.length ?? 0), 0));
    let at = 0;
    for (const bytes of given) {
      if (bytes === null) continue;
      raw.set(bytes, at);
      at += bytes.length;
    }
    session.answer(
      requestId,
      "bulk",
      TEXT_MESSAGE.textAnswer,
      given.map((bytes) => bytes?.length ?? -1),
      raw,
    );
  }

  // -------------------------------------------------------------------------------- asking

  #look(): void {
    if (this.#isLooking || this.#isStopped) return;
    this.#isLooking = true;
    this.#timers.after(LOOK_MS, () => {
      this.#isLooking = false;
      for (const [session, peer] of this.#peers) void this.#run(session, peer);
    });
  }

  async #run(session: Session, peer: Peer): Promise<void> {
    if (peer.isCatchingUp) return;
    peer.isCatchingUp = true;
    let isBehind = true;
    try {
      isBehind = await this.#catchUp(session, peer);
    } catch (error) {
      // It has gone, or makes no sense: the next session begins where this one came to.
      if (!isPassing(error) && !this.#isStopped && session.ending === null) {
        session.close(messageOf(error));
      }
    }
    peer.isCatchingUp = false;
    if (isBehind && this.#peers.size > 0) this.#look();
  }

  /** From where on the peer's records are to be asked for now; null when we have what it told. */
  #next(session: Session, { told, early }: Peer): number | null {
    if (told === null || session.ending !== null) return null;
    const { texts: { peers }, clock } = this.#deps;
    const known = peers.of(session.peer);
    if (known === null || known.index !== told.index) return told.last > 0 ? 0 : null;
    if (known.relist && clock.now() - known.listedMs >= RELIST_MS) return 0;
    if (early !== null && early.dueMs <= clock.monotonic()) return Math.min(early.from, known.seen);
    return told.last > known.seen ? known.seen : null;
  }

  /** True when there is more to do, now or later. */
  async #catchUp(session: Session, peer: Peer): Promise<boolean> {
    for (;;) {
      const from = this.#next(session, peer);
      if (from === null) return peer.early !== null && session.ending === null;
      if (this.#isStopped || !this.#mayAsk(session)) return true;
      await this.#page(session, peer, from);
    }
  }

  #mayAsk(session: Session): boolean {
    return this.#deps.mayWork() && this.#deps.hasIndex(session);
  }

  async #page(session: Session, peer: Peer, from: number): Promise<void> {
    const { texts: { peers }, clock } = this.#deps;
    const told = peer.told!;
    const { index } = told;
    const answer = await session.request(TEXT_MESSAGE.heads, [fromHex(index), from]);
    session.consumed("bulk", answer.size);
    const page = decodeHeads(answer.header, from);
    // Its file is another one by now, and it tells so.
    if (page.index !== index) {
      peer.told = null;
      return;
    }
    const { wanted, isEarly } = await this.#choose(page.heads);
    const isWhole = await this.#fetch(session, wanted);
    if (this.#isStopped || session.ending !== null) return;
    const tries = peer.early === null || from > peer.early.from ? 0 : peer.early.tries;
    if (peer.early !== null && from <= peer.early.from) peer.early = null;
    if (isEarly && peer.early === null && tries < EARLY_TRIES) {
      peer.early = { from, tries: tries + 1, dueMs: clock.monotonic() + EARLY_MS * 2 ** tries };
    }
    const known = peers.of(session.peer);
    const isSame = known?.index === index;
    const isMissing = isEarly || !isWhole;
    peers.set(session.peer, {
      index,
      // All that it told of, where it told nothing since: what it dropped is in no page, and who tells of more than there is is not asked again.
      seen: Math.max(
        isSame && from > 0 ? known.seen : 0,
        page.upTo,
        page.isLast && peer.told === told ? told.last : 0,
      ),
      listedMs: isSame && from > 0 ? known.listedMs : clock.now(),
      relist: isMissing || (isSame && from > 0 && known.relist),
    });
  }

  /** What of a page is news to us; and whether it tells of contents of which we know no row. */
  async #choose(heads: HeadsPage["heads"]): Promise<{ wanted: Wanted[]; isEarly: boolean }> {
    const { texts: { index }, catalogue, off } = this.#deps;
    const wanted: Wanted[] = [];
    let isEarly = false;
    for (let at = 0; at < heads.length; at += LOOKED_UP) {
      const [some, named] = await this.#step(() => {
        const better = heads.slice(at, at + LOOKED_UP).filter((head) =>
          isBetterText(head, index.head(head.content))
        );
        return [better, catalogue.textSources.named(better.map(({ content }) => content), off())] as const;
      });
      for (const head of some) {
        const isOn = named.get(head.content);
        if (isOn === true) wanted.push(head);
        else if (isOn === undefined) isEarly = true;
      }
    }
    return { wanted, isEarly };
  }

  /** Takes in the texts of some heads; false when not all came. */
  async #fetch(session: Session, wanted: readonly Wanted[]): Promise<boolean> {
    let isWhole = true;
    for (let left = wanted; left.length > 0;) {
      if (session.ending !== null || this.#isStopped) return false;
      const batch = this.#mayAsk(session) ? this.#underWay.begin(left, this.#deps.clock.monotonic()) : null;
      if (batch === null) {
        await this.#pause(LOOK_MS);
        continue;
      }
      left = batch.left;
      try {
        isWhole = await this.#fetchBatch(session, batch.heads) && isWhole;
      } finally {
        batch.end();
      }
      while (this.#mayAsk(session) && await this.#step(() => this.#deps.texts.index.merge()));
    }
    return isWhole;
  }

  async #fetchBatch(session: Session, heads: readonly Wanted[]): Promise<boolean> {
    const { texts: { index } } = this.#deps;
    // Another peer may have given some meanwhile.
    const news = await this.#step(() => heads.filter((head) => isBetterText(head, index.head(head.content))));
    const asked = news.filter(({ packedBytes }) => packedBytes > 0);
    const packed = asked.length === 0 ? [] : await this.#ask(session, asked);
    const texts = new Map(asked.map(({ content }, i) => [content, packed[i] ?? null]));
    let isWhole = true;
    for (const head of news) {
      if (this.#isStopped) return false;
      const bytes = head.packedBytes === 0 ? new Uint8Array(0) : texts.get(head.content) ?? null;
      if (bytes === null) isWhole = false;
      // A text takes some milliseconds of the thread.
      else if (!await this.#step(() => this.#take(session.peer, head, bytes))) isWhole = false;
    }
    return isWhole;
  }

  async #ask(session: Session, heads: readonly TextHead[]): Promise<(Uint8Array | null)[]> {
    const answer = await session.request(TEXT_MESSAGE.text, heads.map(({ content }) => fromHex(content)));
    try {
      // Its memory is not ours: credit goes back, and the bytes with it.
      return decodePacked(answer.header, answer.raw, heads.length).map((bytes) => bytes?.slice() ?? null);
    } finally {
      session.consumed("bulk", answer.size);
    }
  }

  /** False when the text is not kept. */
  #take(giver: DeviceId, head: Wanted, packed: Uint8Array): boolean {
    if (this.#isStopped) return false;
    const text = unpackText(packed);
    if (text === null) throw new CairnError("message-invalid", "A text is not in the form that texts have");
    // Any id can be claimed; those of members alone are worth a row.
    const origin = this.#deps.isMember(head.origin) ? head.origin : giver;
    const { content, version, note } = head;
    // Where two were asked for it, the other one came first.
    if (!isBetterText(head, this.#deps.texts.index.head(content))) return true;
    if (!this.#deps.texts.index.putGiven({ content, origin, version, note, text }, giver, packed)) {
      return false;
    }
    this.#deps.written();
    this.changed();
    return true;
  }

  /** Some milliseconds of work, behind all of other peers, each in a turn of the event loop of its own. */
  #step<T>(work: () => T): Promise<T> {
    const done = this.#steps.then(() => this.#pause(0)).then(work);
    this.#steps = done.catch(() => {});
    return done;
  }

  #pause(ms: number): Promise<true> {
    return new Promise((resolve) => this.#deps.clock.after(ms, () => resolve(true)));
  }
}
