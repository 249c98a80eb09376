import assert from "node:assert/strict";
import { CairnError } from "../../src/core/errors.ts";
import {
  BULK_CREDIT_BYTES,
  CONTROL_BYTES,
  INDEX_CREDIT_BYTES,
  OPEN_REQUESTS,
  SESSION_IDLE_MS,
  SOCKET_BUFFER_BYTES,
} from "../../src/core/limits.ts";
import { encodeFrame, FrameDecoder } from "../../src/peer/frame.ts";
import { WINDOW_BYTES } from "../../src/peer/lanes.ts";
import { encodeTag, TYPE } from "../../src/peer/messages.ts";
import { type Ending, type Message } from "../../src/peer/session.ts";
import { settle } from "../support/clock.ts";
import { pair, rawPeer } from "../support/sessions.ts";

const MIB = 2 ** 20;

function tag(lane: "control" | "index" | "bulk", requestId = 0, answer = false): number {
  return encodeTag({ lane, requestId, answer });
}

Deno.test("a request is answered, with raw bytes both ways", async () => {
  const { a, b } = await pair();
  b.onMessage((message) => {
    assert.equal(message.lane, "control");
    b.answer(message.requestId, "bulk", 17, { got: message.raw.length }, message.raw.map((byte) => byte + 1));
  });
  const answers = await Promise.all([1, 2, 3].map((n) => a.request(16, { n }, new Uint8Array(n).fill(n))));
  for (const [i, { type, header, raw, lane }] of answers.entries()) {
    assert.deepEqual([type, header, lane], [17, { got: i + 1 }, "bulk"]);
    assert.deepEqual(raw, new Uint8Array(i + 1).fill(i + 2));
  }
});

Deno.test("both sides may use the same request ids at the same time", async () => {
  const { a, b } = await pair();
  a.onMessage(({ requestId }) => a.answer(requestId, "control", 20, "from a"));
  b.onMessage(({ requestId }) => b.answer(requestId, "control", 20, "from b"));
  const [toB, toA] = await Promise.all([a.request(16, null), b.request(16, null)]);
  assert.deepEqual([toB.header, toA.header], ["from b", "from a"]);
});

Deno.test("messages that come before there is a handler are kept, in order, and the link is held", async () => {
  const { a, b } = await pair();
  for (let n = 0; n < 100; n++) a.send("control", 16, n);
  await settle();
  const seen: unknown[] = [];
  b.onMessage(({ header }) => seen.push(header));
  await settle();
  assert.deepEqual(seen, Array.from({ length: 100 }, (_, n) => n));
});

Deno.test("control overtakes index, and index overtakes bulk, that wait", async () => {
  const { a, b, links } = await pair();
  const seen: string[] = [];
  b.onMessage(({ lane }) => seen.push(lane));
  links[0].stall(true);
  for (let i = 0; i < 4; i++) a.send("bulk", 16, i, new Uint8Array(MIB));
  assert.ok(
    links[0].bufferedBytes < SOCKET_BUFFER_BYTES + MIB + 100,
    "bulk is written beyond the socket's share",
  );
  a.send("index", 16, null, new Uint8Array(1000));
  a.send("control", 16, null);
  links[0].stall(false);
  await settle();
  assert.deepEqual(seen, ["bulk", "control", "index", "bulk", "bulk", "bulk"]);
});

Deno.test("bulk stops when the credit is used up, and goes on as it is consumed", async () => {
  const { a, b } = await pair();
  const got: Message[] = [];
  b.onMessage((message) => got.push(message));
  const frames = BULK_CREDIT_BYTES / MIB + 4;
  for (let i = 0; i < frames; i++) a.send("bulk", 16, i, new Uint8Array(MIB));
  await settle();
  assert.equal(got.length, BULK_CREDIT_BYTES / MIB);
  assert.equal(a.roomFor("bulk"), 0);
  a.send("control", 16, "still");
  await settle();
  assert.equal(got.at(-1)?.header, "still");
  for (const { lane, size } of got) b.consumed(lane, size);
  await settle();
  assert.equal(got.length, frames + 1);
});

Deno.test("pages larger than the window of index go all the same, one at a time", async () => {
  const { a, b } = await pair();
  const got: Message[] = [];
  b.onMessage((message) => got.push(message));
  for (let i = 0; i < 3; i++) a.send("index", 16, i, new Uint8Array(4 * INDEX_CREDIT_BYTES));
  for (let done = 0; done < 3; done++) {
    await settle();
    assert.deepEqual(got.map(({ header }) => header), [0, 1, 2].slice(0, done + 1));
    b.consumed("index", got[done]!.size);
  }
});

Deno.test("producers hear of room at the start and when there is some again", async () => {
  const { a, b } = await pair();
  const got: Message[] = [];
  b.onMessage((message) => got.push(message));
  let made = 0;
  const total = 60;
  const produce = () => {
    while (made < total && a.roomFor("index") > 0) a.send("index", 16, made++, new Uint8Array(MIB / 2));
  };
  a.onRoom((lane) => lane === "index" && produce());
  produce();
  for (let done = 0; done < total;) {
    await settle();
    assert.ok(got.length > done, `nothing came after ${done}`);
    for (; done < got.length; done++) b.consumed("index", got[done]!.size);
  }
  assert.deepEqual(got.map(({ header }) => header), Array.from({ length: total }, (_, n) => n));
});

Deno.test("a peer that sends without credit is cut off, at the window and one frame past it (invariant 10)", async () => {
  for (const lane of ["index", "bulk"] as const) {
    const { session, endings, say } = await rawPeer();
    session.onMessage(() => {});
    const frames = WINDOW_BYTES[lane] / MIB;
    for (let i = 0; i < frames; i++) say(16, tag(lane), null, new Uint8Array(MIB - 14));
    await settle();
    assert.deepEqual(endings, [], lane);
    say(16, tag(lane), null, new Uint8Array(0));
    await settle();
    assert.deepEqual(endings, [
      { by: "us", reason: `the other device broke the protocol: lane ${lane} without credit` },
    ]);
  }
});

Deno.test("a peer that breaks the protocol is cut off", async () => {
  const breaches: [string, Parameters<typeof encodeFrame>[]][] = [
    ["an unknown type", [[9, 0, null]]],
    ["a second hello", [[TYPE.hello, 0, { versions: [1, 1], capabilities: [], extra: {} }]]],
    ["lane 3", [[16, 3 * 2 ** 29, null]]],
    ["an answer to nothing", [[16, 2 ** 31, null]]],
    ["a large control message", [[16, 0, null, new Uint8Array(CONTROL_BYTES)]]],
    ["an id twice", [[16, tag("control", 5), null], [16, tag("control", 5), null]]],
    ["negative credit", [[TYPE.credit, 0, { bulk: -1 }]]],
    ["absurd credit", [[TYPE.credit, 0, { bulk: 2 ** 50 }]]],
  ];
  for (const [what, frames] of breaches) {
    const { session, endings, say, clock } = await rawPeer();
    session.onMessage(() => {});
    for (const frame of frames) say(...frame);
    await settle();
    assert.match(endings[0]?.reason ?? "nothing", /broke the protocol/, what);
    assert.equal(clock.waiting, 0, what);
  }
});

Deno.test("a peer may have OPEN_REQUESTS unanswered and not one more (invariant 10)", async () => {
  const { session, endings, say } = await rawPeer();
  let asked = 0;
  session.onMessage(() => asked++);
  for (let id = 1; id <= OPEN_REQUESTS; id++) say(16, tag("control", id), null);
  await settle();
  assert.deepEqual([asked, endings.length], [OPEN_REQUESTS, 0]);
  session.answer(1, "control", 16, null);
  say(16, tag("control", OPEN_REQUESTS + 1), null);
  await settle();
  assert.deepEqual([asked, endings.length], [OPEN_REQUESTS + 1, 0]);
  say(16, tag("control", OPEN_REQUESTS + 2), null);
  await settle();
  assert.equal(endings.length, 1);
});

Deno.test("an own request beyond OPEN_REQUESTS is refused here", async () => {
  const { a, b } = await pair();
  b.onMessage(() => {});
  const open = Array.from({ length: OPEN_REQUESTS }, () => a.request(16, null).catch(() => {}));
  await assert.rejects(a.request(16, null), CairnError);
  a.close("done");
  await Promise.all(open);
});

Deno.test("closing tells the peer why, rejects requests and calls each handler once", async () => {
  const { a, b, clock } = await pair();
  b.onMessage(() => {});
  const endings: Ending[] = [];
  a.onClose((ending) => endings.push(ending));
  b.onClose((ending) => endings.push(ending));
  const waiting = assert.rejects(a.request(16, null), (error: CairnError) => error.code === "network");
  await settle();
  a.close("the folder was\nremoved\u001b[2J");
  a.close("again");
  await waiting;
  await settle();
  assert.deepEqual(endings, [
    { by: "us", reason: "the folder was\nremoved\u001b[2J" },
    { by: "peer", reason: "the folder was removed [2J" },
  ]);
  await assert.rejects(a.request(16, null), CairnError);
  a.send("bulk", 16, null);
  b.consumed("bulk", 5);
  assert.equal(clock.waiting, 0);
});

Deno.test("a broken link ends the session on both sides", async () => {
  const { a, b, links } = await pair();
  const waiting = assert.rejects(a.request(16, null), /cable/);
  links[0].cut("the cable was pulled");
  await waiting;
  assert.deepEqual(a.ending, { by: "link", reason: "the cable was pulled" });
  assert.deepEqual(b.ending, { by: "link", reason: "the cable was pulled" });
});

Deno.test("an idle session stays alive by pings", async () => {
  const { a, b, clock } = await pair();
  await clock.advance(20 * SESSION_IDLE_MS);
  assert.deepEqual([a.ending, b.ending], [null, null]);
});

Deno.test("a silent link is given up after the idle time", async () => {
  const { a, clock, links } = await pair();
  links[1].stall(true);
  await clock.advance(SESSION_IDLE_MS + 1);
  assert.deepEqual(a.ending, { by: "link", reason: "the other device is silent" });
});

Deno.test("a request that is never answered is given up while the session lives, and its late answer is harmless", async () => {
  const { a, b, clock } = await pair();
  let asked = 0;
  b.onMessage(({ requestId }) => asked = requestId);
  const request = assert.rejects(a.request(16, null), /does not answer/);
  await clock.advance(4 * SESSION_IDLE_MS);
  await request;
  for (let i = 0; i < 3; i++) {
    if (i === 0) b.answer(asked, "bulk", 17, null, new Uint8Array(BULK_CREDIT_BYTES - 14));
    else b.send("control", 16, i);
  }
  a.onMessage(() => {});
  await settle();
  assert.equal(a.ending, null);
  assert.ok(b.roomFor("bulk") > 0, "the credit of the late answer came back");
});

Deno.test("a handler that throws ends the session and not the program", async () => {
  const { a, b } = await pair();
  b.onMessage(() => {
    throw new Error("a bug");
  });
  a.send("control", 16, null);
  await settle();
  assert.deepEqual(b.ending, { by: "us", reason: "internal error: a bug" });
});

Deno.test("what is written decodes as frames, whatever was sent", async () => {
  const { a, b, links } = await pair();
  b.onMessage(() => {});
  a.send("bulk", 30, { x: 1 }, new Uint8Array(100_000));
  a.send("index", 31, [1]);
  await settle();
  const types: number[] = [];
  const decoder = new FrameDecoder(MIB);
  for (const bytes of links[0].written) decoder.push(bytes, ({ type }) => void types.push(type));
  assert.deepEqual(types, [TYPE.hello, TYPE.credit, 30, 31]);
});

Deno.test("who does not read gets no pongs, and no last words that would stay in memory", async () => {
  const { a, b, links } = await pair();
  b.onMessage(() => {});
  links[1].stall(true);
  b.send("bulk", 16, null, new Uint8Array(MIB));
  b.send("bulk", 16, null, new Uint8Array(MIB));
  await settle();
  const written = links[1].written.length;
  const ping = encodeFrame(TYPE.ping, 0, null).parts[0]!;
  for (let i = 0; i < 1000; i++) links[0].write(ping);
  await settle();
  assert.ok(links[1].written.length - written < 10, `${links[1].written.length - written} pongs`);
  b.close("enough");
  await settle();
  assert.equal(links[1].bufferedBytes, 0, "cut, not kept");
  assert.equal(a.ending?.by, "link");
});
