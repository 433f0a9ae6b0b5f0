/**
 * Attestor entries with the engine's own regular expressions. They are a third of the code that verifying needs, so who
 * may have none to compile takes `compile-attestor.ts` and loads them when they are wanted.
 */
import { compileRe2 } from "../patterns/re2.ts";
import { type CompileAttestor, compileAttestorWith } from "./compile-attestor.ts";

export type { AttestorOptions, AttestorSpec, Expectation } from "./compile-attestor.ts";

/**
 * Parses keys, certificates, chains and patterns of one entry.
 * @throws EngineError as {@link compileAttestorWith}.
 */
export const compileAttestor: CompileAttestor = (spec, options) => compileAttestorWith(compileRe2, spec, options);
