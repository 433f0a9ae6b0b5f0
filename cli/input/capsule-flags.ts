/** Capsules of the command line, and whose signatures count. Source: docs/spec/capsule.md#reading. */
import { type Capsule, openCapsule } from "../../core/capsule/open-capsule.ts";
import { EngineError } from "../../core/errors.ts";
import type { SignatureVerifier } from "../../core/crypto/signature-verifier.ts";
import type { Limits } from "../../core/limits.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import type { CommandIO } from "../command.ts";
import type { CapsuleOptions } from "./capsule-options.ts";
import { usage } from "./given-file.ts";
import { asOtherKind } from "./other-kind.ts";
import { readSnapshotKey } from "./snapshot-flags.ts";

interface Accepting {
  readonly keys: readonly string[];
  readonly flag: string;
  readonly allowUnsigned: boolean;
  readonly floor?: number | undefined;
  readonly limits: Limits;
  readonly crypto?: SignatureVerifier;
}

export interface GivenCapsule extends Capsule {
  /** By whomever; `signedBy` is who was accepted. */
  readonly isSigned: boolean;
}

/** Whether an error says that nobody signed a capsule. */
export const saysUnsigned = (error: unknown): error is EngineError =>
  error instanceof EngineError && error.remedy === "capsule-unsigned";

/** The last of the files; each before it is what the next one changes. */
export function readCapsules(
  paths: readonly string[],
  { keys, flag, allowUnsigned, floor, limits, crypto = nodeVerifier }: Accepting,
  io: CommandIO,
): GivenCapsule {
  const accepted = keys.map((file) => readSnapshotKey(file, io, flag).key);
  const needsKey = keys.length === 0 && !allowUnsigned;
  let base: GivenCapsule | undefined;
  for (const [index, path] of paths.entries()) {
    const bytes = asCapsule(path, undefined, io, () => io.readFile(path));
    // What it is and whether anybody signed it is said first: a key helps only against the lack of one.
    const options = { keys: accepted, verifier: crypto, limits, allowUnsigned: allowUnsigned || needsKey, base };
    const named = { ...options, subject: path };
    const capsule = asCapsule(path, bytes, io, () =>
      openCapsule(bytes, index === paths.length - 1 ? { ...named, floor } : named),
    );
    const unsigned =
      capsule.signedBy === undefined ? findUnsigned(bytes, { ...named, allowUnsigned: false }) : undefined;
    if (needsKey) throw unsigned ?? usage(`a capsule counts only by who signed it: give ${flag} FILE`, flag);
    base = { ...capsule, isSigned: unsigned === undefined };
  }
  if (base === undefined) throw new EngineError("invalid-usage", "no capsule was named");
  return base;
}

/** Says of a file that is no capsule which command reads it. */
function asCapsule<T>(path: string, bytes: Uint8Array | undefined, io: CommandIO, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw asOtherKind(
      error,
      [path],
      { what: "a capsule", form: "capsule" },
      { io, start: () => bytes ?? io.readFile(path) },
    );
  }
}

/** The error of one that nobody signed. */
function findUnsigned(bytes: Uint8Array, options: Parameters<typeof openCapsule>[1]): EngineError | undefined {
  try {
    openCapsule(bytes, options);
  } catch (error) {
    if (saysUnsigned(error)) return error;
    if (!(error instanceof EngineError)) throw error;
  }
  return undefined;
}

export function readNumber(text: string | undefined, flag: string, least = 1): number | undefined {
  if (text === undefined) return undefined;
  if (!/^(?:0|[1-9][0-9]{0,14})$/.test(text) || Number(text) < least)
    throw usage(`${flag} takes a number from ${least}, not ${JSON.stringify(text)}`, flag);
  return Number(text);
}

/** Undefined where none is named. @throws EngineError as `openCapsule`. */
export function openGivenCapsule(
  options: CapsuleOptions,
  { limits, crypto }: { readonly limits: Limits; readonly crypto: SignatureVerifier },
  io: CommandIO,
): Capsule | undefined {
  const { capsule: paths, capsuleKey: keys = [], capsuleFloor, allowUnsigned = false } = options;
  if (paths === undefined) return undefined;
  const floor = readNumber(capsuleFloor, "--capsule-floor", 0);
  return readCapsules(paths, { keys, flag: "--capsule-key", allowUnsigned, floor, limits, crypto }, io);
}
