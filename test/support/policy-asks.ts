/** Attestors that have something asked, and what a Policy of one namespace is. */
import { fixtureText } from "./fixture-images.ts";
import { indent } from "./fixture-policies.ts";

const pem = (spaces: number): string => indent(fixtureText("trust/release.pub"), spaces);
export const keyWith = (rekor: string): string =>
  `- keys:\n              publicKeys: |-\n                ${pem(16)}\n              rekor: ${rekor}`;
export const kms = (reference: string): string => `- keys: { kms: "${reference}", rekor: { ignoreTlog: true } }`;

export const ofOne = { kind: "Policy", namespace: "shop" };
