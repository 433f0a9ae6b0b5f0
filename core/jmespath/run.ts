/** One evaluation: its budget, its functions, and what must be undone or cleaned when it ends. */
import { loneSurrogates } from "../encoding/utf8.ts";
import { EngineError } from "../errors.ts";
import type { Limits } from "../limits.ts";
import {
  type Evaluation,
  type FunctionTable,
  GoInteger,
  isList,
  ObjectList,
  type ScopeRoot,
  Special,
  type Value,
  type ValueList,
} from "./value.ts";

/** The steps that are left, of one evaluation or of several that share them. */
export interface StepBudget {
  steps: number;
}

interface Sorted {
  readonly list: Value[];
  readonly before: readonly Value[];
}

/** Text as JSON can hold it: what is no UTF-8 becomes U+FFFD. */
export const wellFormed = (text: string): string => text.replace(loneSurrogates, "\ufffd");

/** The cause of a failure where Kyverno crashes, or answers. */
export const ownRefusal: unique symbol = Symbol("refused here only");

export class Run implements Evaluation {
  readonly functions: FunctionTable;
  readonly limits: Limits;
  readonly #budget: StepBudget;
  #unclean = false;
  readonly #sorted: Sorted[] = [];
  readonly #scope: ScopeRoot | undefined;

  constructor(
    functions: FunctionTable,
    limits: Limits,
    budget: StepBudget = { steps: limits.expressionSteps },
    scope?: ScopeRoot,
  ) {
    this.functions = functions;
    this.limits = limits;
    this.#budget = budget;
    this.#scope = scope;
  }

  /** @throws EngineError `over-budget` when the steps are used up. */
  spend(steps: number): void {
    this.#budget.steps -= steps;
    if (this.#budget.steps < 0) throw new EngineError("over-budget", "expression takes too many steps");
  }

  spendText(length: number): void {
    this.spend(length >> 4);
  }

  spendCharacters(length: number): void {
    this.spend(length >> 2);
  }

  /** Says that a value came up which is no JSON, so that the result has to be looked through. */
  markUnclean(): void {
    this.#unclean = true;
  }

  /** Sorts `list` in place, as Go does, for the rest of this evaluation. */
  sortInPlace(list: ValueList, sorted: ValueList): ValueList {
    if (Object.isFrozen(list)) return sorted;
    const target = list as Value[];
    this.#sorted.push({ list: target, before: [...list] });
    for (const [index, value] of sorted.entries()) target[index] = value;
    return list;
  }

  /** Not forgiven: what the scope threw, where Kyverno crashes, what only a bound of ours refuses. */
  forgives(error: unknown): boolean {
    if (!(error instanceof EngineError) || error.code !== "unresolved" || this.#scope?.hasThrown(error) === true)
      return false;
    return error.cause !== ownRefusal && !(error.cause instanceof EngineError && error.cause.code === "over-limit");
  }

  /**
   * The result as plain JSON. `composed`: the expression builds values, which may be shared many times over inside its
   * result.
   */
  clean(result: Value, composed: boolean): Value {
    return this.#unclean || composed || this.#sorted.length > 0 ? this.#toJson(result) : result;
  }

  /** Differs: Kyverno leaves the caller's lists sorted; here a list is as it was when the evaluation ends. */
  restore(): void {
    for (let at = this.#sorted.length - 1; at >= 0; at--) {
      const entry = this.#sorted[at];
      if (entry !== undefined) for (const [index, value] of entry.before.entries()) entry.list[index] = value;
    }
  }

  #toJson(value: Value): Value {
    this.spend(1);
    if (typeof value === "string") return this.#unclean ? wellFormed(value) : value;
    if (typeof value === "number" && !Number.isFinite(value))
      throw new EngineError(
        "unresolved",
        `json: unsupported value: ${value > 0 ? "+Inf" : value < 0 ? "-Inf" : "NaN"}`,
      );
    if (typeof value !== "object" || value === null) return value;
    if (isList(value)) return value.map((item) => this.#toJson(item));
    if (value instanceof GoInteger) return value.value;
    if (value instanceof ObjectList) return value.items.map((item) => this.#toJson(item));
    const map: Record<string, Value> = Object.create(null);
    if (value instanceof Special) return map;
    for (const key of Object.keys(value)) map[this.#unclean ? wellFormed(key) : key] = this.#toJson(value[key] ?? null);
    return map;
  }
}
