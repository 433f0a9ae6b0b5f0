/**
 * Metadata of a TUF repository that vouches for the trusted root of a signed image: what the client workflow says of
 * it, and what a decision makes of it.
 */
import * as assert from "uvu/assert";
import { EngineError, type ErrorCode } from "../../core/errors.ts";
import type { TrustSettings } from "../../core/trust/tuf-verifier.ts";
import { verifySource } from "../../core/tuf/verify-source.ts";
import { decide, sign, type Signed, verifiers, fastVerifier } from "../lab/index.ts";
import { tufFaults } from "../lab/tuf-faults.ts";
import {
  type Draft,
  type DraftObject,
  makeTufRepository,
  type TufRepository,
  type TufSource,
} from "../lab/tuf-repository.ts";
import { lab } from "./refuses.ts";
import { insteadPresent } from "../support/instead.ts";
import { defaultLimits } from "../../core/limits.ts";

export const day = 86_400_000;
export const signed = sign(lab, { by: "certificate" });
export const made = (): TufRepository =>
  makeTufRepository(signed.trustedRoot, { now: new Date(lab.now.getTime() - day) });
export const object = (value: Draft | undefined): DraftObject => value as DraftObject;
export const roleOf = (repository: TufRepository, role: string): DraftObject =>
  object(object(repository.signed("root").roles)[role]);
export const initialOf = (repository: TufRepository): Uint8Array => repository.rootHistory[0] as Uint8Array;

/** The code for which the metadata is refused; both adapters agree. */
export function codeOf(source: TufSource, initialRoot: Uint8Array, at: Date = lab.now): ErrorCode | "verified" {
  const [first, second] = verifiers.map((verifier) => {
    try {
      verifySource({ source, initialRoot, target: "trusted_root.json", at, verifier, limits: defaultLimits });
      return "verified";
    } catch (error) {
      if (error instanceof EngineError) return error.code;
      throw error;
    }
  });
  assert.is(first, second);
  return first ?? "verified";
}

/** What a policy decides whose trusted root comes from this metadata: `allowed`, or the codes. */
export function decision(
  source: TufSource,
  initialRoot: Uint8Array,
  trust: TrustSettings = { mode: "enforce" },
  now = lab.now,
  by: Signed = signed,
): string {
  const knowledge = insteadPresent(by.knowledge, "trusted-root", source, { at: now.toISOString(), from: "lab" });
  const settings = { trustRoot: "lab", trust: { initialRoots: { lab: initialRoot }, ...trust } };
  const { allowed, results } = decide(by, fastVerifier, { knowledge, now, engine: { settings } });
  return allowed
    ? "allowed"
    : [...new Set(results.flatMap(({ failures }) => failures.map(({ code }) => code)))].join(", ");
}

/** The metadata is verified and trusted before `spoil`, and neither after it. */
export function refused(code: ErrorCode, spoil: (repository: TufRepository) => TufSource | undefined): void {
  const repository = made();
  const initial = initialOf(repository);
  assert.is(codeOf(repository.source(), initial), "verified");
  const source = spoil(repository) ?? repository.source();
  assert.is(codeOf(source, initial), code);
  assert.is(decision(source, initial), code === "stale" ? "stale" : "no-trust");
}

export const fault = (...names: readonly string[]): void => {
  for (const name of names) {
    const row = tufFaults[name];
    if (row === undefined) throw new Error(`no fault ${name}`);
    refused(row.code, row.spoil);
  }
};
