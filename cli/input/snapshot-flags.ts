/** The flags of `sallyport snapshot`: a registry, keys, and how long. Source: docs/spec/snapshot.md. */
import type { Command } from "commander";
import { readArchiveKey } from "../../core/archive/archive-statement.ts";
import type { PublicKey } from "../../core/crypto/public-key.ts";
import type { Limits } from "../../core/limits.ts";
import type { SigningKey } from "../../proxy/archive/signing-key.ts";
import { parseSnapshotPlace, type SnapshotPlace } from "../../proxy/snapshot/place.ts";
import type { Registry } from "../../proxy/upstream/registry/open-registry.ts";
import type { CommandIO } from "../command.ts";
import { fromEnvironment } from "../environment.ts";
import { addFlagVariables } from "./flag-variables.ts";
import { asGiven, readGivenText, usage } from "./given-file.ts";
import { addLimitOptions, type LimitOptions, readLimits } from "./limit-flags.ts";
import { addPeerOptions, type PeerOptions } from "./online-flags.ts";
import { type OutputOptions, outputOption } from "./output-flag.ts";
import { registryFlags } from "./sync-flags.ts";
import { parseSpan } from "./trust-flags.ts";

export interface SnapshotFlags extends PeerOptions, OutputOptions, LimitOptions {
  readonly timeout: string;
}

/** In the order of the help, behind the flags of the command. */
export function addSnapshotOptions(command: Command, io: CommandIO): Command {
  addLimitOptions(command)
    .option("--timeout <span>", "time for the whole command", "30m")
    .option("--verbose", "show each request on stderr, without secrets");
  return addFlagVariables(addPeerOptions(command).addOption(outputOption()), registryFlags, io);
}

export interface SnapshotWay {
  readonly place: SnapshotPlace;
  readonly registry: Registry;
  readonly limits: Limits;
  readonly signal: AbortSignal;
}

/** Runs `act` with the registry of the command line. @throws EngineError `invalid-usage`, and as `act`. */
export async function withPlace<T>(
  text: string,
  flags: SnapshotFlags,
  io: CommandIO,
  act: (way: SnapshotWay) => Promise<T>,
): Promise<T> {
  const place = parseSnapshotPlace(text, text);
  const ms = parseSpan(flags.timeout, "--timeout");
  if (ms === 0) throw usage(`--timeout ${flags.timeout} leaves no time for an answer: give 30s or more`, "--timeout");
  const limits = readLimits(flags, io);
  const { openFlagRegistry } = await import("./open-online.ts");
  const registry = openFlagRegistry(flags, io, limits);
  try {
    return await act({ place, registry, limits, signal: AbortSignal.timeout(ms) });
  } finally {
    await registry.close();
  }
}

const aSnapshotKey = { what: "a public key of ECDSA P-256", form: "public-key" } as const;

/** A public key that signs snapshots, and its text. @throws EngineError `invalid-usage` */
export function readSnapshotKey(
  path: string,
  io: Pick<CommandIO, "readFile" | "limits">,
  flag?: string,
): { readonly pem: string; readonly key: PublicKey } {
  const pem = readGivenText(path, io, flag);
  const given = { path, content: pem, limits: io.limits, flag };
  return { pem, key: asGiven(given, aSnapshotKey, () => readArchiveKey(pem, io.limits)) };
}

/** The key that signs. @throws EngineError `invalid-usage` */
export async function readSigner(path: string, io: CommandIO, flag = "--key"): Promise<SigningKey> {
  const { loadSigningKey } = await import("../../proxy/archive/signing-key.ts");
  // Empty is not the same as unset here: `COSIGN_PASSWORD= cosign generate-key-pair` encrypts with an empty password.
  const password = fromEnvironment("COSIGN_PASSWORD", io) ?? io.env.COSIGN_PASSWORD;
  return loadSigningKey(readGivenText(path, io, flag), { subject: path, password, limits: io.limits });
}
