/**
 * A member gone bad: it was paired with the victim in all honesty, and the fuzzer has its keys. It knows what members know: the
 * library, the folders, the rows of the others.
 */
import { decode, encode } from "@msgpack/msgpack";
import { fromHex, toHex } from "../../src/core/ids.ts";
import { parsePairingCode } from "../../src/core/pairing_code.ts";
import type { SharedField } from "../../src/core/record.ts";
import { decodeSharedFields } from "../../src/core/record.ts";
import { createIdentity, type DeviceIdentity } from "../../src/peer/identity.ts";
import { SESSION_PROTOCOL } from "../../src/peer/links.ts";
import { joinWith, PAIRING_PROTOCOL } from "../../src/peer/pairing.ts";
import { encodeFrame, type Frame, FrameDecoder } from "../../src/peer/frame.ts";
import { TYPE } from "../../src/peer/messages.ts";
import { type Message, openSession, type Session } from "../../src/peer/session.ts";
import { realClock } from "../../src/platform/real/clock.ts";
import { realNet } from "../../src/platform/real/net.ts";
import { realRandom } from "../../src/platform/real/random.ts";
import type { SecureLink } from "../../src/platform/ports.ts";
import {
  decodePage,
  decodeSubscribe,
  encodeSubscribe,
  MESSAGE,
  type SentPage,
} from "../../src/sync/messages.ts";
import { blockOf, type Group, pageOf, type PageParts } from "./rows.ts";
import type { Scope } from "./scope.ts";

const DIAL_MS = 10_000;
const WINDOW_BYTES = 8 * 2 ** 20;

/** A link on which anything can be said, after a hello that was in order. */
export interface RawLink {
  readonly link: SecureLink;
  /** Frames that the victim sent. */
  readonly frames: Frame[];
  readonly isClosed: boolean;
  say(type: number, tag: number, header: unknown, raw?: Uint8Array): void;
}

export class Member {
  readonly identity: DeviceIdentity;
  readonly library: string;
  /** The folder that all share. */
  readonly folder: string;
  /** What the victim calls itself. */
  readonly victim: string;
  /** Everything that was told at the pairing. */
  readonly fields: readonly SharedField[];
  readonly actor = toHex(realRandom().bytes(8));
  readonly boot = toHex(realRandom().bytes(8));
  readonly port: () => number;
  /** How far the victim has us. */
  epoch = 1;
  lsn = 0;
  /** The last page of the victim's own rows that it sent us. */
  lastPage: SentPage | null = null;

  private constructor(
    identity: DeviceIdentity,
    victim: string,
    welcome: { library: string; fields: SharedField[] },
    port: () => number,
  ) {
    this.identity = identity;
    this.victim = victim;
    this.library = welcome.library;
    this.fields = welcome.fields;
    this.folder = welcome.fields.find(({ kind }) => kind === "folder")!.key;
    this.port = port;
  }

  /** Pairs with the victim, as `cairn join` does. */
  static async join(code: string, port: () => number): Promise<Member> {
    const identity = await createIdentity(realRandom());
    const link = await realNet().dial(`127.0.0.1:${port()}`, identity, PAIRING_PROTOCOL, DIAL_MS);
    let welcome: { library: string; fields: SharedField[] } | null = null;
    const parsed = parsePairingCode(code);
    if (!("code" in parsed)) throw new Error(parsed.problem);
    const joined = await joinWith(link, {
      identity,
      code: parsed.code,
      info: encode({ name: "mallory", library: "0".repeat(32), alone: true, stamp: 0 }),
      clock: realClock(),
      random: realRandom(),
      accept(bytes) {
        const { library, fields } = decode(bytes) as { library: string; fields: unknown };
        welcome = { library, fields: decodeSharedFields(fields) };
        return Promise.resolve(null);
      },
    });
    if ("refusal" in joined || welcome === null) {
      throw new Error(`The pairing failed: ${JSON.stringify(joined)}`);
    }
    return new Member(identity, joined.inviter.device, welcome, port);
  }

  dial(): Promise<SecureLink> {
    return realNet().dial(`127.0.0.1:${this.port()}`, this.identity, SESSION_PROTOCOL, DIAL_MS);
  }

  /** A session that keeps the rules of the transport; what it carries is up to the attack. Null when the victim lets us wait. */
  async open(
    scope: Scope,
    serve: (message: Message, session: Session) => void = () => {},
  ): Promise<Session | null> {
    let link: SecureLink;
    try {
      link = await this.dial();
    } catch {
      return null;
    }
    const hello = {
      versions: [1, 1] as const,
      capabilities: [],
      extra: { instance: toHex(realRandom().bytes(8)), name: "mallory" },
    };
    const opened = await openSession(link, "dialled", { hello, admit: () => null }, realClock());
    if ("refusal" in opened) {
      link.destroy();
      return null;
    }
    const { session } = opened;
    scope.onEnd(() => {
      session.close("enough");
      link.destroy();
    });
    let subscribed = false;
    session.onMessage((message) => {
      if (message.type === MESSAGE.subscribe) {
        subscribed = true;
        this.#note(message.header);
      }
      if (message.type === MESSAGE.page) this.#keep(message.header);
      serve(message, session);
      session.consumed(message.lane, message.size);
    });
    await scope.until(() => subscribed || session.ending !== null, 5_000);
    return session;
  }

  /** What the victim has of us: where our next page must go on. */
  #note(header: unknown): void {
    try {
      const cursor = decodeSubscribe(header).get(this.identity.id);
      if (cursor === undefined) return;
      this.epoch = Math.max(cursor.epoch, 1);
      this.lsn = cursor.lsn;
    } catch {
      // An honest victim sends no such thing; its own tests look after that.
    }
  }

  #keep(header: unknown): void {
    try {
      const page = decodePage(header);
      if (page.origin === this.victim && page.folders.length > 0) this.lastPage = page;
    } catch {
      // As above.
    }
  }

  /** Asks the victim for all that it has. */
  subscribe(session: Session): void {
    session.send("control", MESSAGE.subscribe, encodeSubscribe(new Map()));
  }

  /** A page of our own rows that goes on where the victim is. Each group gets the next lsn, unless it names one. */
  page(groups: readonly Group[], over: Partial<PageParts> = {}, actors: readonly unknown[] = []): unknown[] {
    const from = this.lsn;
    const numbered = groups.map(([lsn, directory, rows]) => [lsn ?? ++this.lsn, directory, rows]);
    if (groups.length === 0) this.lsn++;
    const block = blockOf(
      [fromHex(this.actor), ...actors],
      [fromHex(this.identity.id), fromHex(this.victim)],
      numbered,
    );
    return pageOf({
      origin: fromHex(this.identity.id),
      epoch: this.epoch,
      from,
      boot: fromHex(this.boot),
      to: this.lsn,
      folders: groups.length === 0 ? [] : [[fromHex(this.folder), block]],
      ...over,
    });
  }

  /** Sends a page and waits for room, as far as there is any. */
  async send(scope: Scope, session: Session, page: unknown): Promise<boolean> {
    await scope.until(() => session.ending !== null || session.roomFor("index") > 0, 5_000);
    if (session.ending !== null || session.roomFor("index") === 0) return false;
    session.send("index", MESSAGE.page, page);
    return true;
  }

  /** A link with a hello, and then no rules at all. Null when the victim lets us wait. */
  async raw(scope: Scope, hello: unknown = helloOf()): Promise<RawLink | null> {
    let link: SecureLink;
    try {
      link = await this.dial();
    } catch {
      return null;
    }
    scope.onEnd(() => link.destroy());
    const frames: Frame[] = [];
    const decoder = new FrameDecoder(WINDOW_BYTES * 4);
    const raw = {
      link,
      frames,
      isClosed: false,
      say(type: number, tag: number, header: unknown, bytes?: Uint8Array) {
        for (const part of encodeFrame(type, tag, header, bytes).parts) link.write(part);
      },
    };
    link.onClose(() => raw.isClosed = true);
    link.onData((bytes) => {
      try {
        decoder.push(bytes, (frame) => void (frames.length < 1_000 && frames.push(frame)));
      } catch {
        // Whatever the victim says, the attack goes on.
      }
    });
    if (hello !== null) raw.say(TYPE.hello, 0, hello);
    await scope.until(() => frames.length > 0 || raw.isClosed, hello === null ? 0 : 3_000);
    return raw;
  }
}

export function helloOf(): unknown {
  return {
    versions: [1, 1],
    capabilities: [],
    extra: { instance: toHex(realRandom().bytes(8)), name: "mallory" },
  };
}
