/** Capsules of the command line, and whose signatures count. Source: docs/spec/capsule.md#reading. */
import { type Capsule, openCapsule } from "../../core/capsule/open-capsule.ts";
import { EngineError } from "../../core/errors.ts";
import type { SignatureVerifier } from "../../core/crypto/signature-verifier.ts";
import type { Limits } from "../../core/limits.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import type { CommandIO } from "../command.ts";
import type { CapsuleOptions } from "./capsule-options.ts";
import { usage } from "./given-file.ts";
import { readSnapshotKey } from "./snapshot-flags.ts";

interface Accepting {
  readonly keys: readonly string[];
  readonly flag: string;
  /** What is said in place of a key where nobody signed it. */
  readonly unsignedFlag?: string;
  readonly allowUnsigned: boolean;
  readonly floor?: number | undefined;
  readonly limits: Limits;
  readonly crypto?: SignatureVerifier;
}

/** The last of the files; each before it is what the next one changes. */
export function readCapsules(
  paths: readonly string[],
  { keys, flag, unsignedFlag = "--allow-unsigned", allowUnsigned, floor, limits, crypto = nodeVerifier }: Accepting,
  io: CommandIO,
): Capsule {
  if (keys.length === 0 && !allowUnsigned)
    throw usage(`a capsule counts only by who signed it: give ${flag} FILE, or ${unsignedFlag}`, flag);
  const accepted = keys.map((file) => readSnapshotKey(file, io, flag).key);
  let base: Capsule | undefined;
  for (const [index, path] of paths.entries()) {
    const options = { keys: accepted, verifier: crypto, limits, allowUnsigned, base, subject: path };
    base = openCapsule(io.readFile(path), index === paths.length - 1 ? { ...options, floor } : options);
  }
  if (base === undefined) throw new EngineError("invalid-usage", "no capsule was named");
  return base;
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
