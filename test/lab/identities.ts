/** Who signs in the lab where a recipe does not say, and what about. */
import type { Identity } from "./recipe.ts";

export const labIdentity: Identity = {
  names: [{ email: "ada@lab.example" }],
  extensions: { "1": "https://issuer.lab.example", issuer: "https://issuer.lab.example" },
};

export const labPredicateType = "https://lab.example/Review/v1";
