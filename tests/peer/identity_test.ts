import assert from "node:assert/strict";
import { createHash, X509Certificate } from "node:crypto";
import fc from "fast-check";
import { CairnError } from "../../src/core/errors.ts";
import {
  checkCertificate,
  createIdentity,
  decodeIdentity,
  deviceIdOf,
  encodeIdentity,
  sign,
  verify,
} from "../../src/peer/identity.ts";
import { realRandom } from "../../src/platform/real/random.ts";

const identity = await createIdentity(realRandom());

function derOf(fixture: string): Uint8Array {
  const pem = Deno.readTextFileSync(new URL(`../fixtures/${fixture}`, import.meta.url));
  return new Uint8Array(new X509Certificate(pem).raw);
}

Deno.test("a device id is the SHA-256 of the whole certificate (invariant 7)", () => {
  assert.equal(identity.id, createHash("sha256").update(identity.certificateDer).digest("hex"));
  assert.equal(identity.id, deviceIdOf(identity.certificateDer));
});

Deno.test("a new certificate is v3, P-256, self-signed, lasts, and names nobody", () => {
  const certificate = new X509Certificate(identity.certificatePem);
  assert.equal(checkCertificate(identity.certificateDer), null);
  assert.equal(certificate.subject, "CN=cairn");
  assert.equal(certificate.issuer, "CN=cairn");
  assert.ok(certificate.verify(certificate.publicKey));
  assert.ok(Date.parse(certificate.validTo) > Date.UTC(9000, 0));
});

Deno.test("two identities differ in key and serial number", async () => {
  const other = await createIdentity(realRandom());
  assert.notEqual(other.id, identity.id);
  const [a, b] = [identity, other].map(({ certificatePem }) => new X509Certificate(certificatePem));
  assert.notEqual(a!.serialNumber, b!.serialNumber);
});

Deno.test("an X.509 v1 certificate is refused (invariant 7)", () => {
  assert.equal(checkCertificate(derOf("x509_v1_certificate.pem")), "it is not X.509 version 3");
});

Deno.test("a certificate with another version field is refused", () => {
  const at = identity.certificateDer.findIndex((byte, i, der) =>
    byte === 0xa0 && der[i + 1] === 3 && der[i + 2] === 2
  );
  for (const version of [0, 1, 3, 255]) {
    const der = identity.certificateDer.slice();
    der[at + 4] = version;
    assert.equal(checkCertificate(der), "it is not X.509 version 3");
  }
});

Deno.test("bytes around a certificate, missing or changed at its front, are refused", () => {
  const der = identity.certificateDer;
  assert.notEqual(checkCertificate(new Uint8Array([...der, 0])), null);
  assert.notEqual(checkCertificate(der.subarray(0, der.length - 1)), null);
  assert.notEqual(checkCertificate(new Uint8Array(0)), null);
  assert.notEqual(checkCertificate(new Uint8Array(5000).fill(0x30)), null);
  for (let bit = 0; bit < 12 * 8; bit++) {
    const changed = der.slice();
    changed[bit >> 3]! ^= 1 << (bit & 7);
    assert.notEqual(checkCertificate(changed), null, `bit ${bit}`);
  }
});

Deno.test("checking a certificate never throws", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => void checkCertificate(bytes)));
  fc.assert(fc.property(fc.nat(identity.certificateDer.length - 1), fc.nat(255), (at, value) => {
    const changed = identity.certificateDer.slice();
    changed[at] = value;
    checkCertificate(changed);
  }));
});

Deno.test("a signature holds for its bytes and its device only (R32)", async () => {
  const bytes = new TextEncoder().encode("laptop joins");
  const signature = sign(identity, bytes);
  const other = await createIdentity(realRandom());
  assert.ok(verify(identity.certificateDer, bytes, signature));
  assert.ok(!verify(other.certificateDer, bytes, signature));
  assert.ok(!verify(identity.certificateDer, bytes.subarray(1), signature));
  assert.ok(!verify(derOf("x509_v1_certificate.pem"), bytes, signature));
  fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (junk) => {
    assert.ok(!verify(identity.certificateDer, bytes, junk));
  }));
});

Deno.test("an identity is read back from its text", () => {
  assert.deepEqual(decodeIdentity(encodeIdentity(identity)), identity);
});

Deno.test("a text that holds no usable identity is refused with a hint", async () => {
  const other = await createIdentity(realRandom());
  const mixed = JSON.stringify({ version: 1, certificate: identity.certificatePem, key: other.keyPem });
  const later = encodeIdentity(identity).replace('"version": 1', '"version": 2');
  for (const text of ["", "{}", "null", mixed, later]) {
    assert.throws(
      () => decodeIdentity(text),
      (error: CairnError) => error.code === "home-unusable" && error.hint !== "",
    );
  }
});
