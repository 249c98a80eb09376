/**
 * Makes `tests/fixtures/sim_library.json`: five identities and the library that they have been paired into, signed once, so that
 * the simulated world draws nothing from the system's chance. Run it again when the form of shared records changes:
 * `deno run -A tests/support/make_sim_fixture.ts`
 */
import { encode } from "@msgpack/msgpack";
import { type FolderId, type LibraryId, type Stamp, toHex } from "../../src/core/ids.ts";
import { encodeSharedFields } from "../../src/core/record.ts";
import { stampAt } from "../../src/core/stamp.ts";
import { folderField } from "../../src/library/folders.ts";
import { membershipFields } from "../../src/library/members.ts";
import { createIdentity, type DeviceIdentity } from "../../src/peer/identity.ts";
import { realRandom } from "../../src/platform/real/random.ts";

const DEVICES = 5;
const PAIRED_MS = Date.UTC(2026, 0, 1);

const random = realRandom();
const identities: DeviceIdentity[] = [];
for (let i = 0; i < DEVICES; i++) identities.push(await createIdentity(random));
// In the order of their ids, so that a test can tell who wins a tie.
identities.sort((a, b) => a.id < b.id ? -1 : 1);
const library = toHex(random.bytes(16)) as LibraryId;
const folder = toHex(random.bytes(16)) as FolderId;
let paired = 0;
const mint = () => (stampAt(PAIRED_MS) + ++paired) as Stamp;
const [first] = identities;
const members = identities.map((joiner, i) =>
  membershipFields(
    first!,
    library,
    { device: joiner.id, certificate: joiner.certificateDer, name: String.fromCharCode(97 + i) },
    mint,
  )
);
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
Deno.writeTextFileSync(new URL("../fixtures/sim_library.json", import.meta.url), text + "\n");
