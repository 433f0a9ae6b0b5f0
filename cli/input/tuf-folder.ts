/**
 * A folder of TUF metadata, laid out as on a web server, in its source repository, or in a client's cache. Its content
 * is verified like any other.
 */
import { EngineError } from "../../core/errors.ts";
import type { TufSource } from "../../core/trust/resolve-trust.ts";
import { asTrustError, trustedRootTarget } from "../../core/trust/tuf-verifier.ts";
import { parseRoot } from "../../core/tuf/root.ts";
import { parseSnapshot } from "../../core/tuf/snapshot.ts";
import { servedTargetPath } from "../../core/tuf/target-path.ts";
import { parseTargets } from "../../core/tuf/targets.ts";
import { parseTimestamp } from "../../core/tuf/timestamp.ts";
import type { TufMirror } from "../../proxy/upstream/tuf/fetch-files.ts";
import { quoteRole } from "../../proxy/upstream/tuf/update.ts";
import type { CommandIO } from "../command.ts";
import type { Limits } from "../../core/limits.ts";

/** Possible names of a file: with its version or digest, without, and in the folders of a source repository. */
function namesOf(path: string): readonly string[] {
  const [, folder = "", name = path] = /^(.*\/)?([^/]*)$/.exec(path) ?? [];
  const bare = name.replace(/^(?:\d+|[0-9a-f]{64}|[0-9a-f]{128})\.(?=.)/, "");
  const served = [name, ...(bare === name ? [] : [bare])].map((one) => `${folder}${one}`);
  // Percent-encoded as in a URL, and plain.
  const names = [...new Set(served.flatMap((one) => [one, decodeURIComponent(one)]))];
  return names.flatMap((one) => [
    one,
    ...(folder === "" ? [`metadata/${one}`, `root_history/${one}`, `metadata/root_history/${one}`] : []),
  ]);
}

const isBelow = (path: string): boolean =>
  !path.includes("\\") && path.split("/").every((segment) => segment !== "" && segment !== "." && segment !== "..");

/** Reads a file by the path that a mirror serves it under. @throws EngineError `invalid-usage` when it is no folder. */
function openFolder(given: string, io: CommandIO): (path: string) => Uint8Array | undefined {
  const folder = given.replace(/(?<=.)\/+$/, "");
  if (io.pathKind(folder) !== "folder")
    throw new EngineError("invalid-usage", "not a folder of TUF metadata", { subject: folder });
  return (path) => {
    const version = /^(\d+)\.root\.json$/.exec(path)?.[1];
    for (const name of namesOf(path)) {
      const file = `${folder}/${name}`;
      if (!isBelow(name) || io.entryKind(folder, file) !== "file") continue;
      const bytes = io.readFile(file);
      // A client keeps only its newest root, without a version in its name. It may not be the one asked for.
      if (
        version === undefined ||
        name.endsWith(`${version}.root.json`) ||
        parseRoot(bytes, io.limits).version.toString() === version
      )
        return bytes;
    }
    return undefined;
  };
}

/** A folder as a mirror to fetch from. @throws EngineError `invalid-usage` when it is no folder. */
export function folderMirror(folder: string, io: CommandIO): TufMirror {
  const read = openFolder(folder, io);
  return {
    url: folder,
    fetch: async (path, maxBytes) => {
      const bytes = read(path);
      if (bytes !== undefined && bytes.length > maxBytes)
        throw new EngineError("over-limit", `more than ${maxBytes} bytes`, { subject: path });
      return bytes;
    },
  };
}

/**
 * A folder's content for a decision, which verifies it. Nothing is verified here.
 * @throws EngineError `invalid-usage` when it is no folder, `no-trust` when something is missing or does not read.
 */
export function readTufFolder(folder: string, io: CommandIO): TufSource {
  const read = openFolder(folder, io);
  const need = (path: string): Uint8Array => {
    const bytes = read(path);
    if (bytes === undefined) throw new EngineError("no-trust", `the folder does not have ${path}`, { subject: folder });
    return bytes;
  };
  return asTrustError(folder, () => {
    const timestamp = need("timestamp.json");
    const snapshot = need(`${parseTimestamp(timestamp, io.limits).signed.snapshot.version}.snapshot.json`);
    const listing = parseSnapshot(snapshot, io.limits).signed.targets;
    const targets = readTargets(listing, read, io.limits);
    const listed = targets.flatMap(
      ({ role, bytes }) => parseTargets(bytes, io.limits, role).signed.files.get(trustedRootTarget) ?? [],
    );
    const [target] = listed.flatMap((file) => read(`targets/${servedTargetPath(file, true, io.limits)}`) ?? []);
    if (target === undefined)
      throw new EngineError("no-trust", `the folder does not have ${trustedRootTarget}`, { subject: folder });
    return { form: "tuf", roots: readRoots(read, io.limits), timestamp, snapshot, targets, target };
  });
}

/** The top level, and the roles that it may delegate to: only a few of those that a snapshot lists. */
function readTargets(
  listing: ReadonlyMap<string, { readonly version: bigint }>,
  read: (path: string) => Uint8Array | undefined,
  limits: Limits,
): TufSource["targets"] {
  const found = new Map<string, Uint8Array>();
  const waiting = ["targets"];
  for (let name = waiting.shift(); name !== undefined && found.size <= limits.tufDelegations; name = waiting.shift()) {
    const listed = listing.get(name);
    const bytes =
      found.has(name) || listed === undefined ? undefined : read(`${listed.version}.${quoteRole(name)}.json`);
    if (bytes === undefined) continue;
    found.set(name, bytes);
    waiting.push(
      ...(parseTargets(bytes, limits, name).signed.delegations?.rolesFor(trustedRootTarget) ?? []).map(
        (delegated) => delegated.name,
      ),
    );
  }
  return [...found].map(([role, bytes]) => ({ role, bytes }));
}

/** The chain of roots in the folder, from its lowest version. */
function readRoots(read: (path: string) => Uint8Array | undefined, limits: Limits): readonly Uint8Array[] {
  const roots: Uint8Array[] = [];
  for (let version = 1; version <= limits.tufRootRotations; version++) {
    const bytes = read(`${version}.root.json`);
    if (bytes !== undefined) roots.push(bytes);
    else if (roots.length > 0) break;
  }
  return roots;
}
