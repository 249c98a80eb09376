import assert from "node:assert/strict";
import { Lan } from "./lan.ts";

const ignore = !await Lan.possible();
const TRANSFER_BYTES = 1_000_000;

/** Prints what arrives from `address`, or why nothing does. */
function receiver(address: string): string[] {
  const source = `try { const c = await Deno.connect({ hostname: "${address}", port: 7000 });
    let n = 0; for await (const part of c.readable) n += part.length; console.log(n); }
    catch (error) { console.log(error.name); }`;
  return [Deno.execPath(), "eval", "--no-config", source];
}

Deno.test({
  name: "hosts of a Lan reach each other, count bytes, and lose internet and link when told",
  ignore,
}, async () => {
  // Two at once, with the same host names: they must not meet.
  const [lan, other] = await Promise.all([Lan.create(["a", "b"]), Lan.create(["a", "b"])]);
  const source = `const l = Deno.listen({ port: 7000 }); console.log("listening"); const c = await l.accept();
    const w = c.writable.getWriter(); await w.write(new Uint8Array(${TRANSFER_BYTES})); await w.close();`;
  const sender = lan.spawn("b", [Deno.execPath(), "eval", "--no-config", source], { stdout: "piped" });
  try {
    const words = sender.stdout.getReader();
    await words.read();
    await words.cancel();
    assert.equal(await lan.reachesInternet("a"), true);
    await lan.internet("a", false);
    assert.equal(await lan.reachesInternet("a"), false);
    assert.equal(await lan.reachesInternet("b"), true);

    const nobody = await other.run("a", receiver(other.address("b")));
    assert.equal(nobody.stdout.trim(), "ConnectionRefused", "the other Lan has no such listener");
    const before = await lan.bytes("a");
    const { stdout } = await lan.run("a", receiver(lan.address("b")));
    assert.equal(Number(stdout), TRANSFER_BYTES);
    const received = (await lan.bytes("a")).received - before.received;
    assert.ok(received > TRANSFER_BYTES && received < TRANSFER_BYTES * 1.2, `${received} bytes counted`);

    await lan.link("a", false);
    assert.equal(await lan.reachesInternet("a"), false);
    await lan.link("a", true);
    assert.equal(await lan.reachesInternet("a"), true);
  } finally {
    await sender.status;
    await Promise.all([lan.teardown(), other.teardown()]);
  }
  const left = await new Deno.Command("ip", { args: ["netns", "list"] }).output();
  assert.ok(!new TextDecoder().decode(left.stdout).includes(lan.namespace("a")));
});
