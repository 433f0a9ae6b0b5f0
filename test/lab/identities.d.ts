/** Who signs in the lab where a recipe does not say, and what about. */
import type { Identity } from "./recipe.ts";
export declare const labIdentity: Identity;
export declare const labPredicateType = "https://lab.example/Review/v1";
