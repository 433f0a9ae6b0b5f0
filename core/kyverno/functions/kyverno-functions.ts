/**
 * Kyverno's JMESPath functions: the standard ones, of which `sum` is replaced, and 51 of its own. Source:
 * docs/spec/kyverno.md#functions.
 */
import type { JmesFunction } from "../../jmespath/functions/signature.ts";
import { standardFunctions } from "../../jmespath/functions/standard.ts";
import type { ReferenceOptions } from "../../oci/reference.ts";
import { arithmeticFunctions } from "./arithmetic.ts";
import { documentFunctions } from "./documents.ts";
import { encodingFunctions } from "./encoding.ts";
import { imageFunctions, urlFunctions } from "./network.ts";
import { objectFunctions } from "./objects.ts";
import { randomFunctions } from "./random.ts";
import { patternFunctions } from "./regular-expressions.ts";
import { semverFunctions } from "./semver.ts";
import { textFunctions } from "./text.ts";
import { clockFunctions, timeFunctions } from "./time.ts";
import { certificateFunctions } from "./x509-decode.ts";

export interface FunctionEnvironment {
  /** The one instant that a whole decision calls now. */
  readonly now: Date;
  /** The seed of `random()`: the same seed gives the same texts in the same order. */
  readonly seed: string;
  readonly references: ReferenceOptions;
}

/** Those that depend on their arguments only. */
const pure: readonly (readonly [string, JmesFunction])[] = [
  ...standardFunctions,
  ...arithmeticFunctions,
  ...certificateFunctions,
  ...documentFunctions,
  ...encodingFunctions,
  ...objectFunctions,
  ...patternFunctions,
  ...semverFunctions,
  ...textFunctions,
  ...timeFunctions,
  ...urlFunctions,
];

/** The functions of one decision. Expressions are compiled without them and given them when evaluated. */
export const kyvernoFunctions = ({ now, seed, references }: FunctionEnvironment): ReadonlyMap<string, JmesFunction> =>
  new Map([...pure, ...clockFunctions(now), ...imageFunctions(references), ...randomFunctions(seed)]);
