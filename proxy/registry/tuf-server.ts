/**
 * Trusted roots for other programs: the TUF repository that the mirror holds, as it was served, and the current trusted
 * root by itself. Clients of TUF verify what they get; the single file was verified here. Source: TUF 1.0 (6.7, names
 * of files); docs/spec/offline.md#trusted-roots-for-others.
 *
 *     /tuf/public-good/10.root.json
 *     /tuf/public-good/timestamp.json
 *     /tuf/public-good/targets/6494e211….trusted_root.json
 *     /tuf/public-good/targets/registry.npmjs.org/0d8f9d1e….keys.json
 *     /trust/public-good/trusted_root.json
 */
import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { digestOf } from "../../core/crypto/digest.ts";
import type { SignatureVerifier } from "../../core/crypto/signature-verifier.ts";
import { parseJson } from "../../core/encoding/json.ts";
import { isObject } from "../../core/encoding/shape.ts";
import { EngineError } from "../../core/errors.ts";
import type { TrustedRootSource } from "../../core/knowledge/answer.ts";
import type { Knowledge } from "../../core/knowledge/knowledge.ts";
import type { Limits } from "../../core/limits.ts";
import { resolveTrust } from "../../core/trust/resolve-trust.ts";
import { createTufVerifier, trustedRootTarget, type TrustSettings } from "../../core/trust/tuf-verifier.ts";
import type { Refusal } from "./oci-error.ts";
import { refuse, type Sent, sendBytes } from "./respond.ts";

export interface TufServerOptions {
  readonly knowledge: Knowledge;
  /** Another target of the repository of that name, by its path. */
  readonly otherTarget: (name: string, path: string) => Uint8Array | undefined;
  /** The initial roots, and how old metadata may be: what the single file is verified with. */
  readonly trust: TrustSettings;
  readonly crypto: SignatureVerifier;
  readonly limits: Limits;
  readonly now: () => Date;
  readonly report: (error: EngineError) => void;
}

export interface TufServer {
  /** Everything below /tuf/ and /trust/; it never throws, and always answers. */
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void;
  /** @throws EngineError why one of these trusted roots cannot be given. */
  look(names: readonly string[]): void;
}

const openingBrace = 0x7b;

type TufFiles = Extract<TrustedRootSource, { form: "tuf" }>;

/** Targets have paths of their own; all else is one name. */
const pathPattern =
  /^\/(tuf|trust)\/([A-Za-z0-9][A-Za-z0-9._-]{0,127})\/(targets\/[^?#]{1,4096}|[A-Za-z0-9][A-Za-z0-9._-]{0,255})$/;

export function createTufServer(options: TufServerOptions): TufServer {
  const handle = (request: IncomingMessage, response: ServerResponse, url: string): Sent => {
    if (request.method !== "GET" && request.method !== "HEAD") return refuse(request, response, readOnly);
    const [, kind, name = "", file = ""] = pathPattern.exec(url.split("?")[0] ?? "") ?? [];
    if (kind === undefined) return refuse(request, response, nothing("no trusted root has such a file"));
    try {
      const found = kind === "tuf" ? tufFile(options, name, file) : rootFile(options, name, file);
      if (!(found instanceof Uint8Array)) return refuse(request, response, found);
      const etag = `"${digestOf(found)}"`;
      return sendBytes(
        request,
        response,
        etag,
        // A timestamp may be another one at any time.
        [
          "ETag",
          etag,
          "Cache-Control",
          "no-cache",
          "Content-Type",
          found[0] === openingBrace ? "application/json" : "application/octet-stream",
          "Content-Length",
          String(found.length),
        ],
        found,
      );
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      options.report(error);
      return refuse(request, response, {
        status: 503,
        code: "UNAVAILABLE",
        message: `the trusted root ${name} cannot be given: ${error.message} [${error.code}]`,
        why: error.code,
      });
    }
  };
  return {
    handle: (request, response) => {
      handle(request, response, request.url ?? "");
    },
    look(names) {
      for (const name of names) rootFile(options, name, trustedRootTarget);
    },
  };
}

function sourceOf({ knowledge }: TufServerOptions, name: string): TrustedRootSource | Refusal {
  const answer = knowledge.answer({ kind: "trusted-root", name });
  return answer?.state === "present" ? answer.value : nothing(`the mirror holds no trusted root named ${name}`);
}

/** Verified now: what has expired past its budget is not handed on as current. */
function rootFile(options: TufServerOptions, name: string, file: string): Uint8Array | Refusal {
  if (file !== trustedRootTarget) return nothing(`the only file here is ${trustedRootTarget}`);
  const source = sourceOf(options, name);
  if ("status" in source) return source;
  const { trust, crypto, limits, now, knowledge } = options;
  // Setting the clock back does not make metadata fresher.
  const signed = knowledge.state?.().newestSignedTime;
  const judgedAt = signed !== undefined && signed > now() ? signed : now();
  const tuf = createTufVerifier(trust, limits);
  return resolveTrust(source, { name, now: () => judgedAt, verifier: crypto, tuf }).bytes;
}

function tufFile(options: TufServerOptions, name: string, file: string): Uint8Array | Refusal {
  const source = sourceOf(options, name);
  if ("status" in source) return source;
  if (source.form === "pinned")
    return nothing(`the trusted root ${name} is a pinned file: it is /trust/${name}/${trustedRootTarget}`);
  const found = file.startsWith("targets/")
    ? targetOf(options, source, name, file.slice("targets/".length))
    : fileOf(source, file, options.limits);
  return found ?? nothing(`the mirror has no file ${file} of ${name}`);
}

/** By the names of consistent snapshots, and by the plain ones. */
function fileOf(source: TufFiles, file: string, limits: Limits): Uint8Array | undefined {
  const [, version, role] = /^(?:(\d{1,15})\.)?(.+)\.json$/.exec(file) ?? [];
  const known = (bytes: Uint8Array | undefined): Uint8Array | undefined =>
    bytes !== undefined && (version === undefined || versionOf(bytes, limits) === BigInt(version)) ? bytes : undefined;
  switch (role) {
    case undefined:
      return undefined;
    case "root":
      return version === undefined ? source.roots.at(-1) : source.roots.find((bytes) => known(bytes) !== undefined);
    case "timestamp":
      return version === undefined ? source.timestamp : undefined;
    case "snapshot":
      return known(source.snapshot);
    default:
      return known(source.targets.find((one) => one.role === role)?.bytes);
  }
}

/** By its path, or with one of its digests before the name. */
function targetOf(options: TufServerOptions, source: TufFiles, name: string, file: string): Uint8Array | undefined {
  const served = decoded(file);
  if (served === undefined) return undefined;
  const read = (path: string): Uint8Array | undefined =>
    path === trustedRootTarget ? source.target : options.otherTarget(name, path);
  const whole = read(served);
  if (whole !== undefined) return whole;
  const [, folder = "", hex, bare] = /^(.*\/)?([0-9a-f]{64}|[0-9a-f]{128})\.([^/]+)$/.exec(served) ?? [];
  const bytes = hex === undefined ? undefined : read(`${folder}${bare ?? ""}`);
  if (bytes === undefined) return undefined;
  return createHash(hex?.length === 64 ? "sha256" : "sha512")
    .update(bytes)
    .digest("hex") === hex
    ? bytes
    : undefined;
}

/** Clients encode the signs of a path; what is no encoding names nothing. */
function decoded(file: string): string | undefined {
  try {
    return file.split("/").map(decodeURIComponent).join("/");
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

function versionOf(bytes: Uint8Array, limits: Limits): bigint | undefined {
  const document = parseJson(bytes, { limits });
  const signed = isObject(document) ? document.signed : undefined;
  const version = isObject(signed) ? signed.version : undefined;
  return typeof version === "bigint" ? version : typeof version === "number" ? BigInt(version) : undefined;
}

const nothing = (message: string): Refusal => ({ status: 404, code: "NAME_UNKNOWN", message, why: "absent" });

const readOnly: Refusal = {
  status: 405,
  code: "UNSUPPORTED",
  message: "this is read-only: trusted roots are updated with sallyport trust update or trust import",
  why: "read-only",
  headers: { Allow: "GET, HEAD", Connection: "close" },
};
