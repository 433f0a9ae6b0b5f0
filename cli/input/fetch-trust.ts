/**
 * A trusted root from its TUF repository into the mirror: what `trust update`, `trust import` of a folder and `serve`
 * have in common. Source: TUF 1.0, docs/spec/sigstore.md#trust-initialisation.
 */
import { digest, digestOf, isHashName } from "../../core/crypto/digest.ts";
import { equalBytes } from "../../core/encoding/bytes.ts";
import { encodeHex } from "../../core/encoding/hex.ts";
import { codeRow, EngineError } from "../../core/errors.ts";
import { publicGoodRoot } from "../../core/trust/public-good.ts";
import type { TufSource } from "../../core/trust/resolve-trust.ts";
import { wrongMetadata } from "../../core/trust/tuf-verifier.ts";
import { trustInitialRoot } from "../../core/tuf/update-root.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import type { Mirror } from "../../proxy/mirror/mirror.ts";
import { fetchTrust } from "../../proxy/upstream/tuf/trusted-root-source.ts";
import type { MissedTarget } from "../../proxy/upstream/tuf/other-targets.ts";
import { openTufMirror, type TufMirror, type TufMirrorOptions } from "../../proxy/upstream/tuf/fetch-files.ts";
import type { CommandIO } from "../command.ts";
import { defaultTrustName, findTufRoot } from "./trust-flags.ts";
import { folderMirror } from "./tuf-folder.ts";

export interface BeginOptions {
  readonly name: string;
  readonly tufRoot?: string;
  readonly tufRootRaw?: string;
  readonly root?: string;
  readonly rootChecksum?: string;
}

/** Wrong metadata is a trust failure, whatever its code: exit code 3. Outages keep their codes. */
async function asTrustProblem<T>(name: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof EngineError) || (codeRow(error.code).truth !== "refuted" && error.code !== "unsupported"))
      throw error;
    throw wrongMetadata(name, error);
  }
}

/** @throws EngineError `invalid-usage` when the digest differs. */
function checkRoot(bytes: Uint8Array, checksum: string | undefined): Uint8Array {
  if (checksum === undefined) return bytes;
  const [, algorithm, wanted] = /^(sha256|sha512):([0-9a-f]+)$/.exec(checksum) ?? [];
  if (algorithm === undefined || !isHashName(algorithm) || wanted?.length !== (algorithm === "sha256" ? 64 : 128))
    throw new EngineError("invalid-usage", "write a checksum as sha256:HEX or sha512:HEX", { subject: checksum });
  const found = encodeHex(digest(algorithm, bytes));
  if (found !== wanted)
    throw new EngineError("invalid-usage", `the root has the checksum ${algorithm}:${found}`, {
      subject: checksum,
      remedy: "vouched-file",
    });
  return bytes;
}

export interface Begin {
  readonly initialRoot: Uint8Array;
  /** The operator gave it, and it is another one than the mirror's: it is pinned. */
  readonly isNew: boolean;
}

/** Where trust begins: the flag's root, else the mirror's pinned one, else the built-in one. */
export function beginOf(options: BeginOptions, mirror: Mirror, io: CommandIO): Begin {
  const tufRoot = options.tufRoot ?? options.root;
  const given = findTufRoot({ ...options, ...(tufRoot === undefined ? {} : { tufRoot }) }, io);
  const pinned = mirror.knowledge().tufRoots();
  const held = Object.hasOwn(pinned, options.name) ? pinned[options.name] : undefined;
  if (given !== undefined) {
    const bytes = checkRoot(given, options.rootChecksum);
    trustInitialRoot(bytes, nodeVerifier, mirror.limits);
    return { initialRoot: bytes, isNew: held === undefined || !equalBytes(held, bytes) };
  }
  if (held !== undefined) return { initialRoot: held, isNew: false };
  if (options.name === defaultTrustName) return { initialRoot: publicGoodRoot(), isNew: false };
  throw new EngineError("no-trust", "no TUF root is known under this name: give --root FILE", {
    subject: options.name,
  });
}

/** The metadata that the mirror holds under the name, even if a pin hides it. */
export function heldTuf(
  name: string,
  mirror: Mirror,
): { readonly source: TufSource; readonly from: string } | undefined {
  const answer = mirror.knowledge().recorded({ kind: "trusted-root", name });
  return answer?.state === "present" && answer.value.form === "tuf"
    ? { source: answer.value, from: answer.from }
    : undefined;
}

export interface Fetched {
  readonly source: TufSource;
  readonly before: TufSource | undefined;
  /** Other targets that are listed and could not be had. */
  readonly missed: readonly MissedTarget[];
}

/** Fetches, and stores what was verified: metadata, floors, and the root of the flag. */
export async function fetchInto(
  mirror: Mirror,
  from: TufMirror,
  begin: Begin,
  at: Date | "later",
  name: string,
): Promise<Fetched> {
  const known = heldTuf(name, mirror);
  const held = known?.source;
  const missed: MissedTarget[] = [];
  const source = await asTrustProblem(name, () =>
    fetchTrust({
      mirror: from,
      initialRoot: begin.initialRoot,
      held,
      heldTarget: (path) => mirror.knowledge().tufTarget(name, path),
      missed: (targets) => missed.push(...targets),
      now: at,
      verifier: nodeVerifier,
      limits: mirror.limits,
    }),
  ).catch((error: unknown) => {
    const isOther = begin.isNew && known !== undefined && error instanceof EngineError && error.code === "rollback";
    throw isOther ? otherRepository(name, known.from, error) : error;
  });
  return { source, before: held, missed };
}

/** Versions of two repositories under one name look like a repository that hands out old files. */
const otherRepository = (name: string, from: string, cause: EngineError): EngineError =>
  new EngineError(
    "rollback",
    `${cause.message}, in the repository that ${name} came from (${from}); if the given root begins another one, ` +
      "give that a name or a mirror of its own",
    { subject: cause.subject === undefined ? name : `${name} ${cause.subject}`, cause, remedy: "other-repository" },
  );

/** Whose trust it is, where it came from, and what brought it. */
export interface Brought {
  readonly kind: "trust update" | "trust import";
  readonly name: string;
  readonly from: string;
}

export function storeTrust(
  mirror: Mirror,
  { source }: Fetched,
  begin: Begin,
  { kind, name, from }: Brought,
  io: CommandIO,
): void {
  const origin = { at: io.now().toISOString(), from };
  mirror.writer().transaction(() => {
    if (begin.isNew) mirror.writer().pin({ kind: "tuf-root", name, bytes: begin.initialRoot }, origin);
    mirror.writer().setAnswer({ kind: "trusted-root", name }, { state: "present", value: source, ...origin });
    mirror.log.addRun({
      kind,
      started: origin.at,
      ended: origin.at,
      from,
      summary: { name, versions: { ...source.floors }, trustedRoot: digestOf(source.target) },
    });
  });
}

/** A TUF repository: an http, https or file URL, or a folder. @throws EngineError `invalid-usage` for another one. */
export const openSource = (place: string, options: TufMirrorOptions, io: CommandIO): TufMirror =>
  /^(?:https?|file):\/\//.test(place) ? openTufMirror(place, options) : folderMirror(place, io);
