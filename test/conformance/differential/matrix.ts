/**
 * The cases of the differential run: right artefacts, those of every type of key, and each wrong way on the bases that
 * it is for. Fixed before it is run.
 */
import { type KeyType, keyTypes, Lab, type Signed, sign } from "../../lab/index.ts";
import { bases, basesOfEveryKey } from "./bases.ts";
import { bundleMutations } from "./mutate-bundle.ts";
import { certificateMutations } from "./mutate-certificate.ts";
import { logMutations } from "./mutate-log.ts";
import { rekor2Mutations } from "./mutate-rekor2.ts";
import { signatureMutations } from "./mutate-signature.ts";
import { timestampMutations } from "./mutate-timestamp.ts";
import type { Mutations } from "./mutation.ts";

export const mutations: Mutations = {
  ...signatureMutations,
  ...logMutations,
  ...rekor2Mutations,
  ...timestampMutations,
  ...certificateMutations,
  ...bundleMutations,
};

export interface CaseRow {
  /** Names the case for good. */
  readonly id: string;
  readonly base: string;
  readonly keyType: KeyType;
  /** Absent: nothing is wrong. */
  readonly mutation?: string;
}

export function makeMatrix(): readonly CaseRow[] {
  const right = Object.keys(bases).map((base): CaseRow => ({ id: `${base}: right`, base, keyType: "p256" }));
  const others = basesOfEveryKey.flatMap((base) =>
    keyTypes
      .filter((keyType) => keyType !== "p256")
      .map((keyType): CaseRow => ({ id: `${base}: right, ${keyType}`, base, keyType })),
  );
  const wrong = Object.entries(mutations).flatMap(([mutation, { on }]) =>
    on.map((base): CaseRow => ({ id: `${base}: ${mutation}`, base, keyType: "p256", mutation })),
  );
  return [...right, ...others, ...wrong];
}

export const differentialLab = new Lab({ seed: "differential" });

/** Makes a case: the same row gives the same bytes. */
export function makeCase({ base, keyType, mutation }: CaseRow): Signed {
  const row = bases[base];
  const wrong = mutation === undefined ? undefined : mutations[mutation];
  if (row === undefined || (mutation !== undefined && wrong === undefined))
    throw new Error(`no such case: ${base}, ${mutation}`);
  return sign(differentialLab, {
    ...row.recipe,
    keyType,
    ...(wrong === undefined ? {} : { change: wrong.change(differentialLab) }),
  });
}
