/**
 * Makes `tests/fixtures/sim_library.json`: five identities and the library that they have been paired into, signed once, so that
 * the simulated world draws nothing from the system's chance. Run it again when the form of shared records changes, it keeps the identities:
 * `deno run -A tests/support/make_sim_fixture.ts`
 */
import { encode } from "@msgpack/msgpack";
import { type FolderId, type Stamp, toHex } from "../../src/core/ids.ts";
import { encodeSharedFields } from "../../src/core/record.ts";
import { stampAt } from "../../src/core/stamp.ts";
import { folderField } from "../../src/library/folders.ts";
import { additionField, libraryFoundedBy } from "../../src/library/member_ops.ts";
import { nameField } from "../../src/library/members.ts";
import { createIdentity, decodeIdentity, type DeviceIdentity } from "../../src/peer/identity.ts";
import { realRandom } from "../../src/platform/real/random.ts";

const DEVICES = 5;
const PAIRED_MS = Date.UTC(2026, 0, 1);
const FILE = new URL("../fixtures/sim_library.json", import.meta.url);

const random = realRandom();
const before = stored();
const identities: DeviceIdentity[] = before?.identities ?? [];
while (identities.length < DEVICES) identities.push(await createIdentity(random));
// In the order of their ids, so that a test can tell who wins a tie.
identities.sort((a, b) => a.id < b.id ? -1 : 1);
const [first] = identities;
const library = libraryFoundedBy(first!.id);
const folder = before?.folder ?? toHex(random.bytes(16)) as FolderId;
let paired = 0;
const mint = () => (stampAt(PAIRED_MS) + ++paired) as Stamp;
const members = identities.map((joiner, i) => {
  const stamp = mint();
  return [
    additionField(first!, library, joiner.id, joiner.certificateDer, stamp),
    nameField(joiner.id, String.fromCharCode(97 + i), stamp, first!.id),
  ];
});
const fields = [...members, [folderField(folder, "Sync", mint(), first!.id)]]
  .map((some) => toHex(encode(encodeSharedFields(some))));
const text = JSON.stringify(
  {
    library,
    folder,
    identities: identities.map(({ certificatePem, keyPem }) => ({ certificatePem, keyPem })),
    members: fields.slice(0, DEVICES),
    folderFields: fields[DEVICES],
  },
  null,
  2,
);
Deno.writeTextFileSync(FILE, text + "\n");

function stored(): { identities: DeviceIdentity[]; folder: FolderId } | null {
  try {
    const { identities, folder } = JSON.parse(Deno.readTextFileSync(FILE));
    const read = identities.map(({ certificatePem, keyPem }: Record<string, string>) =>
      decodeIdentity(JSON.stringify({ version: 1, certificate: certificatePem, key: keyPem }))
    );
    return { identities: read, folder };
  } catch {
    return null;
  }
}
