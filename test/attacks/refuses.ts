/**
 * One change of a valid artefact, and what it comes to: accepted without it, refused for its own reason with it, under
 * both adapters.
 */
import * as assert from "uvu/assert";
import {
  type Asked,
  type Changes,
  decide,
  type Judged,
  Lab,
  type Recipe,
  type Signed,
  sign,
  verdict,
  verifiers,
} from "../lab/index.ts";

export const lab = new Lab();

const accepted = new Set<string>();

/** Asserts that the recipe is accepted as it stands. One without a change of its own is verified once. */
export function accepts(recipe: Recipe, asked: Asked = {}): Signed {
  const signed = sign(lab, recipe);
  const plain = recipe.change === undefined && Object.keys(asked).length === 0 ? JSON.stringify(recipe) : undefined;
  if (plain === undefined || !accepted.has(plain)) assert.is(verdict(signed, asked), "proven", JSON.stringify(recipe));
  if (plain !== undefined) accepted.add(plain);
  return signed;
}

/** The recipe with a further change, beside those that it has. */
export const withChange = (recipe: Recipe, change: Changes): Recipe => ({
  ...recipe,
  change: { ...recipe.change, ...change },
});

/** Asserts that the recipe is accepted as it stands, and refuted for `code` with the change. */
export function refuses(code: string, recipe: Recipe, change: Changes, asked: Asked = {}): Signed {
  accepts(recipe, asked);
  const signed = sign(lab, withChange(recipe, change));
  assert.is(verdict(signed, asked), `refuted: ${code}`, JSON.stringify(recipe));
  return signed;
}

/** Asserts that a right artefact is accepted, and refuted for `code` when it is asked for otherwise. */
export function refusesAsked(code: string, signed: Signed, asked: Asked): void {
  assert.is(verdict(signed), "proven");
  assert.is(verdict(signed, asked), `refuted: ${code}`);
}

/**
 * What the engine says of a Pod with the image, under both adapters: `allowed`, or `denied` and the codes of the pass
 * that verifies.
 */
export function decided(signed: Signed, judged: Judged = {}): string {
  const [first, second] = verifiers.map((verifier) => {
    const { allowed, results } = decide(signed, verifier, judged);
    const failures = results.flatMap((result) => (result.pass === "mutate" ? result.failures : []));
    return allowed ? "allowed" : `denied: ${[...new Set(failures.map(({ code }) => code))].join(", ")}`;
  });
  assert.is(first, second);
  return first ?? "";
}

/** An image in the same lab that nobody signed. */
export const unsigned: Signed = sign(lab, {
  layout: "tag",
  tag: "unsigned",
  change: { store: (store) => store.manifests.splice(1) },
});

/** Whether the engine admits a Pod with the image, under both adapters. */
export function allowed(signed: Signed, judged: Judged = {}): boolean {
  const [first, second] = verifiers.map((verifier) => decide(signed, verifier, judged).allowed);
  assert.is(first, second);
  return first === true;
}
