/** One session's talk about folders: announcements both ways, content on request, and how far the peer is behind. */
import { CairnError, messageOf } from "../core/errors.ts";
import type { DeviceId } from "../core/ids.ts";
import { SUBSCRIPTION_EVERY_MS, SUBSCRIPTIONS } from "../core/limits.ts";
import type { SharedField } from "../core/record.ts";
import type { Ledger } from "../journal/ledger.ts";
import type { Message, Session } from "../peer/session.ts";
import type { Clock } from "../platform/ports.ts";
import { Allotment } from "./allotment.ts";
import { Announcer } from "./announce.ts";
import { FORMER_MESSAGE, serveFormer } from "./former_rows.ts";
import { Intake, subscriptionOf } from "./intake.ts";
import {
  decodeDirect,
  decodeSubscribe,
  DIRECT,
  encodeDirect,
  encodeSubscribe,
  MESSAGE,
  read,
} from "./messages.ts";
import type { Promises } from "./promises.ts";
import type { Server } from "./serve.ts";
import { Serving } from "./serving.ts";
import type { TextExchange } from "./text_exchange.ts";
import type { Turns } from "./turns.ts";

export interface ConversationDeps {
  readonly ledger: Ledger;
  readonly server: Server;
  /** Where this device has an index of texts. */
  readonly texts?: TextExchange | undefined;
  /** Devices whose announcements we want to have. */
  devices(): Iterable<DeviceId>;
  readonly clock: Clock;
  accept(fields: readonly SharedField[], turn: () => Promise<void>): Promise<SharedField[]>;
  /** Whether a device tells of itself, in a session of its own. */
  isConnected(device: DeviceId): boolean;
  /** Whether it may do so in a moment: only for a while, of whose end `tellDirect` is told. */
  isAwaited(device: DeviceId): boolean;
  /** Where this device promises to keep what others drop. */
  readonly promises?: Promises | undefined;
  /** What all peers' pages share of the time. */
  readonly turns: Turns;
  /** Resolves when there is room to take a page in, or `isOver` says that nobody waits any more. */
  room(isOver: () => boolean): Promise<void>;
  /** Whether what a device announces is taken in. */
  counts(device: DeviceId): boolean;
  /** A page was applied. */
  taken(): void;
  /** Nothing is told of this device itself. */
  isSilent?(): boolean;
  /** What the peer still needs, as it says. */
  peerNeeds(files: number, bytes: number): void;
}

export class Conversation {
  readonly #session: Session;
  readonly #deps: ConversationDeps;
  readonly #announcer: Announcer;
  readonly #intake: Intake;
  readonly #serving: Serving;
  readonly #subscriptions: Allotment;
  readonly #endListening: () => void;
  #lastProgress = "";
  /** Of whom the peer was told that they tell of themselves. */
  #direct: ReadonlySet<DeviceId> = new Set();

  constructor(deps: ConversationDeps, session: Session) {
    this.#session = session;
    this.#deps = deps;
    this.#announcer = new Announcer(deps.ledger, session, () => deps.isSilent?.() ?? false);
    this.#subscriptions = new Allotment(deps.clock, SUBSCRIPTIONS, SUBSCRIPTION_EVERY_MS);
    this.#serving = new Serving(deps.server, session);
    this.#intake = new Intake(deps.ledger, deps.clock, session.peer, {
      accept: (fields, turn) => deps.accept(fields, turn),
      counts: (device) => deps.counts(device),
      isConnected: (device) => deps.isConnected(device),
      taken: () => deps.taken(),
      told: (device, to) => this.#announcer.peerHas(device, to),
      alone: (origin, work) => deps.turns.alone(origin, work),
      turn: (workMs) => deps.turns.rest(workMs),
      // Credit comes back only when a page is done with: a peer waits with its next ones meanwhile.
      room: async () => {
        await deps.turns.ready();
        await deps.room(() => session.ending !== null);
        return session.ending === null;
      },
    });
    this.#endListening = deps.ledger.onApplied(() => this.#announcer.pump());
    session.onClose(() => this.#endListening());
    session.onMessage((message) => void this.#handle(message));
    // First: what is relayed until it has come is told twice.
    this.tellDirect();
    this.subscribe();
    deps.texts?.came(session);
    deps.promises?.came(session);
  }

  /** Says what we have of each device; again when we want something anew. */
  subscribe(): void {
    if (this.#session.ending !== null) return;
    const { ledger, devices } = this.#deps;
    this.#session.send("control", MESSAGE.subscribe, encodeSubscribe(subscriptionOf(ledger, devices())));
  }

  /**
   * Tells the peer who tells of itself, when that has changed: those of whom a page of the peer's would be passed by, and for a moment those
   * who may be so at once. Nothing else is held back, and it comes from where we are then as soon as it would be taken.
   */
  tellDirect(): void {
    const session = this.#session;
    if (session.ending !== null || !session.agreement.capabilities.has(DIRECT)) return;
    const { ledger, devices } = this.#deps;
    const isDirect = (device: DeviceId) => this.#deps.isConnected(device) || this.#deps.isAwaited(device);
    const now = new Set([...devices()].filter((device) => device !== session.peer && isDirect(device)));
    const left = [...this.#direct].filter((device) => !now.has(device));
    if (left.length === 0 && now.size === this.#direct.size) return;
    const header = encodeDirect({ devices: now, left: subscriptionOf(ledger, left) });
    session.send("control", MESSAGE.direct, header);
    this.#direct = now;
  }

  /** A device does not tell of itself any more: what the peer told of it, and we passed by, is asked for again. */
  left(device: DeviceId): void {
    if (this.#session.ending === null && this.#intake.hasMissed(device)) {
      this.#intake.begunAnew();
      this.subscribe();
    }
    this.tellDirect();
  }

  /** The peer is being given contents. */
  get isServing(): boolean {
    return this.#serving.isBusy;
  }

  /** True while the peer has told all that it has, and all that it told is taken in. */
  get hasIndex(): boolean {
    return this.#intake.isQuiet && this.#intake.hasIndexOf(this.#session.peer);
  }

  /** Rows of other devices came in: they are relayed. */
  pump(): void {
    this.#announcer.pump();
  }

  /** Tells the peer what we still need, when that has changed. */
  tellProgress(files: number, bytes: number): void {
    const text = `${files}/${bytes}`;
    if (text === this.#lastProgress || this.#session.ending !== null) return;
    this.#lastProgress = text;
    this.#session.send("control", MESSAGE.progress, [files, bytes]);
  }

  async #handle(message: Message): Promise<void> {
    try {
      switch (message.type) {
        case MESSAGE.subscribe:
          if (!this.#subscriptions.take()) {
            throw new CairnError("message-invalid", "The other device begins anew again and again");
          }
          await this.#announcer.subscribed(decodeSubscribe(message.header));
          break;
        case MESSAGE.page:
          await this.#intake.page(message.header);
          break;
        case MESSAGE.packedPage:
          await this.#intake.packedPage(message.header, message.raw);
          break;
        case MESSAGE.progress: {
          const [files, bytes] = read("progress", message.header);
          this.#deps.peerNeeds(files, bytes);
          break;
        }
        case MESSAGE.direct:
          this.#announcer.direct(decodeDirect(message.header));
          break;
        case FORMER_MESSAGE.former:
          serveFormer(this.#deps.ledger.catalogue, this.#session, message);
          break;
        case MESSAGE.slow:
          [this.#serving.packs] = read("slow", message.header);
          break;
        case MESSAGE.part:
          this.#deps.server.sharing.heard(this.#session, message.header);
          break;
        default:
          if (await this.#deps.texts?.handle(this.#session, message)) break;
          if (await this.#deps.promises?.handle(this.#session, message)) break;
          // Unknown notices are a later version's; an unknown request must not wait for ever.
          if (message.requestId !== 0 && !await this.#serving.serve(message)) {
            throw new CairnError("message-invalid", `Nothing answers requests of type ${message.type}`);
          }
      }
    } catch (error) {
      if (this.#session.ending === null) this.#session.close(messageOf(error));
    } finally {
      this.#session.consumed(message.lane, message.size);
    }
  }
}
