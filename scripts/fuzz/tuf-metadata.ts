/**
 * TUF metadata for the fuzzer: one seed a role, and everything that is done with metadata before and after a signature
 * is read.
 */
import { nobleVerifier } from "../../core/crypto/noble.ts";
import { decodeUtf8, encodeUtf8 } from "../../core/encoding/utf8.ts";
import { EngineError } from "../../core/errors.ts";
import { publicGoodRoot } from "../../core/trust/public-good.ts";
import { verifyListed } from "../../core/tuf/listed-file.ts";
import type { Metadata } from "../../core/tuf/metadata.ts";
import { roleFingerprints, verifyThreshold } from "../../core/tuf/role.ts";
import { parseRoot } from "../../core/tuf/root.ts";
import { parseSnapshot } from "../../core/tuf/snapshot.ts";
import { servedTargetPath } from "../../core/tuf/target-path.ts";
import { parseTargets } from "../../core/tuf/targets.ts";
import { parseTimestamp } from "../../core/tuf/timestamp.ts";
import { defaultLimits } from "../../core/limits.ts";

const key = "0".repeat(64);
const header = (type: string): string =>
  `"_type":"${type}","spec_version":"1.0.31","version":9007199254740993,"expires":"2030-01-01T00:00:00Z"`;
const envelope = (signed: string): string => `{"signatures":[{"keyid":"a","sig":"00"}],"signed":{${signed}}}`;
const ed25519 =
  '{"keytype":"ed25519","scheme":"ed25519",' +
  '"keyval":{"public":"19bf440969844cdfe8541bac167bdc3b964850868a30b6b6cb0c5c38ad7031665e"}}';
const role = `"keyids":["a"],"threshold":1`;

/** The root is a real one; the others are short. */
export const seedTufMetadata = (): readonly Uint8Array[] => [
  publicGoodRoot(),
  ...[
    `${header("root")},"consistent_snapshot":true,"keys":{"a":${ed25519}},"roles":{"root":{${role}},` +
      `"timestamp":{${role}},"snapshot":{${role}},"targets":{${role}}}`,
    `${header("timestamp")},"meta":{"snapshot.json":{"version":1,"length":10,"hashes":{"sha256":"${key}"}}}`,
    `${header("snapshot")},"meta":{"targets.json":{"version":1},"a/role.json":{"version":2}}`,
    `${header("targets")},"targets":{"dir/file":{"length":1,"hashes":{"sha512":"${key}${key}"}}},` +
      `"delegations":{"keys":{"a":${ed25519}},"roles":[{"name":"x","terminating":true,"paths":["dir/*","[a-z]?"],` +
      `${role}},{"name":"y","terminating":false,"path_hash_prefixes":["0"],${role}}]}`,
    `${header("targets")},"targets":{},"delegations":{"keys":{"a":${ed25519}},"succinct_roles":{"bit_length":8,` +
      `"name_prefix":"bin",${role}}}`,
  ].map((signed) => encodeUtf8(envelope(signed))),
];

export const tufWords: readonly Uint8Array[] = [
  '"threshold":0',
  '"version":18446744073709551616',
  '"keyids":[',
  "ecdsa-sha2-nistp256",
  "rsassa-pss-sha256",
  '"hashes":{',
  "..",
  "*",
  "[!",
  "\\/",
].map(encodeUtf8);

/**
 * Reads metadata of whichever role it says it is, and does with it what the client workflow does.
 * @throws EngineError
 */
export function readTufMetadata(input: Uint8Array): void {
  const stated = /"_type"\s*:\s*"(\w+)"/.exec(decodeUtf8(input))?.[1];
  if (stated === "timestamp") parseTimestamp(input, defaultLimits);
  else if (stated === "snapshot") parseSnapshot(input, defaultLimits);
  else if (stated === "targets") readTargets(input);
  else readRoot(input);
}

function readRoot(input: Uint8Array): void {
  const root = parseRoot(input, defaultLimits);
  for (const one of Object.values(root.signed.roles)) {
    roleFingerprints(one);
    refused(() => verifyThreshold(root as Metadata<unknown>, one, nobleVerifier, "fuzz"));
  }
}

function readTargets(input: Uint8Array): void {
  const { signed } = parseTargets(input, defaultLimits);
  for (const path of ["dir/file", "b", "trusted_root.json", ...signed.files.keys()]) {
    for (const { name } of signed.delegations?.rolesFor(path) ?? []) signed.delegations?.find(name);
  }
  for (const file of signed.files.values()) {
    refused(() => servedTargetPath(file, true, defaultLimits));
    refused(() => verifyListed(input, file, file.path));
  }
}

/** What may be refused must not stop the rest. */
function refused(run: () => void): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
  }
}
