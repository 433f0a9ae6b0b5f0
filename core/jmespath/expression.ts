/**
 * JMESPath expressions in Kyverno's dialect: compiled once, evaluated often. Source: JMESPath specification,
 * docs/spec/kyverno.md#jmespath-dialect.
 */
import type { JsonValue } from "../encoding/json.ts";
import { EngineError } from "../errors.ts";
import type { Limits } from "../limits.ts";
import { compileNode, fanOut } from "./compile.ts";
import type { FunctionTable } from "./functions/signature.ts";
import { parseExpression } from "./parser.ts";
import { Run, type StepBudget } from "./run.ts";
import { Missing, type Scope, ScopeRoot, type Step } from "./value.ts";

export type { StepBudget } from "./run.ts";
export type { Scope } from "./value.ts";

export interface CompileOptions {
  /**
   * The functions an evaluation uses unless it brings its own. They are looked up when called: an unknown one in a
   * branch not taken does no harm.
   */
  readonly functions: FunctionTable;
  readonly limits: Limits;
}

export interface EvaluateOptions {
  /** In place of the table given when compiling: functions that know the time of this request. */
  readonly functions?: FunctionTable;
  /** The steps that are left, which evaluations may share; `expressionSteps` for this one alone by default. */
  readonly budget?: StepBudget;
}

/** Copies of one value that a result may hold before it is worth while to count them. */
const maxFanOut = 1000;

const isScope = (root: JsonValue | Scope): root is Scope =>
  typeof root === "object" && root !== null && typeof (root as Scope).lookup === "function";

export class Expression {
  readonly text: string;
  readonly #step: Step;
  readonly #composed: boolean;
  readonly #functions: FunctionTable;
  readonly #limits: Limits;

  constructor(text: string, step: Step, composed: boolean, functions: FunctionTable, limits: Limits) {
    this.text = text;
    this.#step = step;
    this.#composed = composed;
    this.#functions = functions;
    this.#limits = limits;
  }

  /**
   * The expression's value for a document, or for a scope whose fields are looked up as they are read.
   * @throws EngineError `unresolved` where Kyverno has an error: a field that is not there, a function that fails;
   * `over-budget`; and whatever the scope's `lookup` throws.
   */
  evaluate(root: JsonValue | Scope, options: EvaluateOptions = {}): JsonValue {
    const document = isScope(root) ? new ScopeRoot(root) : root;
    const run = new Run(
      options.functions ?? this.#functions,
      this.#limits,
      options.budget,
      document instanceof ScopeRoot ? document : undefined,
    );
    try {
      const result = this.#step(document, run);
      if (result instanceof Missing)
        throw new EngineError("unresolved", `Unknown key ${JSON.stringify(result.key)} in path`, {
          subject: this.text,
        });
      return run.clean(result, this.#composed) as JsonValue;
    } finally {
      run.restore();
    }
  }
}

/**
 * Compiles an expression.
 * @throws EngineError `malformed` where Kyverno's parser refuses it, `over-limit` where it is too long or nests too
 * deeply.
 */
export function compileExpression(text: string, { functions, limits }: CompileOptions): Expression {
  const tree = parseExpression(text, limits);
  return new Expression(text, compileNode(tree), fanOut(tree) > maxFanOut, functions, limits);
}
