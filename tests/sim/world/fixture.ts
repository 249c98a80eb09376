/** The library that the simulated devices are paired into: identities and signatures made once (`make_sim_fixture.ts`). */
import { decode } from "@msgpack/msgpack";
import { type FolderId, fromHex, type LibraryId } from "../../../src/core/ids.ts";
import { decodeSharedFields, type SharedField } from "../../../src/core/record.ts";
import { decodeIdentity, type DeviceIdentity } from "../../../src/peer/identity.ts";
import stored from "../../fixtures/sim_library.json" with { type: "json" };

export const LIBRARY_ID = stored.library as LibraryId;
export const FOLDER_ID = stored.folder as FolderId;

/** In the order of their ids: of two that are equal otherwise, the later one wins (R4). */
export const IDENTITIES: readonly DeviceIdentity[] = stored.identities.map(({ certificatePem, keyPem }) =>
  decodeIdentity(JSON.stringify({ version: 1, certificate: certificatePem, key: keyPem }))
);

const fieldsOf = (hex: string): SharedField[] => decodeSharedFields(decode(fromHex(hex)));

/** What every one of the first `count` devices knows once they are paired: the members, and the folder. */
export function libraryFields(count: number): SharedField[] {
  return [...stored.members.slice(0, count), stored.folderFields].flatMap(fieldsOf);
}
