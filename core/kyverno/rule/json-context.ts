/**
 * The document that expressions of a rule are evaluated on: the request, images, context entries, predicates. Source:
 * docs/spec/kyverno.md#context-entries, #variables.
 */
import type { JsonObject, JsonValue } from "../../encoding/json.ts";
import { isObject } from "../../encoding/shape.ts";
import { EngineError } from "../../errors.ts";
import { compileExpression, type Expression, type Scope, type StepBudget } from "../../jmespath/expression.ts";
import type { FunctionTable } from "../../jmespath/functions/signature.ts";
import type { Limits } from "../../limits.ts";
import type { ReferenceOptions } from "../../oci/reference.ts";
import { kyvernoFunctions } from "../functions/kyverno-functions.ts";
import type { Policy } from "../policy/policy.ts";
import { ExpressionCache } from "./expression-cache.ts";
import { sizeOf } from "./json-size.ts";
import type { AdmissionRequest } from "./request.ts";
import { requestVariables } from "./request-variables.ts";

export interface ContextEnvironment {
  readonly limits: Limits;
  /** The one instant that the whole decision calls now. */
  readonly now: Date;
  readonly references: ReferenceOptions;
  /** Compiled expressions by text, kept for as long as the policy is loaded. */
  readonly expressions: ExpressionCache;
}

/** `merge`: into the maps that are already there; `replace`: in place of them. */
export type Mode = "merge" | "replace";

/** An entry that is not loaded yet. It sees the entries declared before it, and none after. */
interface Pending {
  readonly order: number;
  readonly load: () => JsonValue;
  readonly mode: Mode;
}

interface Entry {
  readonly value: JsonValue | undefined;
  readonly pending: readonly Pending[];
  /** The checkpoint below which the entry is the same. */
  readonly level: number;
}

type Entries = Map<string, Entry>;

/** Compiled expressions outlive the request whose functions they use, so each evaluation brings its own. */
const noFunctions: FunctionTable = new Map();

/** Maps are merged key by key, anything else is replaced by what comes later. */
function merged(earlier: JsonValue | undefined, later: JsonValue): JsonValue {
  if (!isObject(earlier) || !isObject(later)) return later;
  const result: Record<string, JsonValue> = Object.assign(Object.create(null), earlier);
  for (const [key, value] of Object.entries(later))
    result[key] = merged(Object.hasOwn(earlier, key) ? earlier[key] : undefined, value);
  return result;
}

/** Whether a name occurs in an expression where it can be a root variable, in a string or not. */
const mentions = (text: string, name: string): boolean =>
  text.includes(name) && new RegExp(`(?:^|[^.0-9A-Za-z])${name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}\\b`).test(text);

export class JsonContext implements Scope {
  readonly limits: Limits;
  readonly references: ReferenceOptions;
  /** Whether expressions that say `request.object` mean the old object. */
  readonly isDeletion: boolean;
  readonly #makeFunctions: () => FunctionTable;
  #functions: FunctionTable | undefined;
  readonly #expressions: ExpressionCache;
  readonly #saved: Entries[] = [];
  #entries: Entries = new Map();
  #declared = 0;
  /** Only entries declared before this one are seen: the one that is being loaded. */
  #horizon = Number.POSITIVE_INFINITY;
  #loading = 0;
  /** The highest level of what the running load has read. */
  #levelRead = 0;
  #loadedBytes = 0;

  constructor(request: AdmissionRequest, environment: ContextEnvironment) {
    this.limits = environment.limits;
    this.references = environment.references;
    this.isDeletion = request.operation === "DELETE";
    this.#expressions = environment.expressions;
    const seed = `${request.uid ?? ""}/${request.namespace ?? ""}/${request.name ?? ""}`;
    this.#makeFunctions = () => kyvernoFunctions({ now: environment.now, seed, references: environment.references });
    this.merge(requestVariables(request));
  }

  /** Adds a root variable; into a map of that name it is merged. */
  add(name: string, value: JsonValue): void {
    const entry = this.#entries.get(name);
    const pending = entry?.pending ?? [];
    if (pending.length > 0) this.#append(name, { order: -1, load: () => value, mode: "merge" });
    else this.#entries.set(name, { value: merged(entry?.value, value), pending: [], level: this.#saved.length });
  }

  /** Adds every member of a map as a root variable. */
  merge(members: JsonObject): void {
    for (const [name, value] of Object.entries(members)) this.add(name, value);
  }

  /**
   * Declares a root variable that is loaded when an expression first reads it. What `load` throws, the query throws,
   * each time.
   */
  defer(name: string, load: () => JsonValue, mode: Mode): void {
    this.#append(name, { order: this.#declared++, load, mode });
  }

  #append(name: string, pending: Pending): void {
    const entry = this.#entries.get(name);
    this.#entries.set(name, {
      value: entry?.value,
      pending: [...(entry?.pending ?? []), pending],
      level: this.#saved.length,
    });
  }

  /** Whether there is such a root variable, loaded or not. */
  has(name: string): boolean {
    return this.#entries.has(name);
  }

  /** Remembers the variables as they are. */
  checkpoint(): void {
    this.#saved.push(this.#entries);
    this.#entries = new Map(this.#entries);
  }

  /** Goes back to the last checkpoint. */
  restore(): void {
    const saved = this.#saved.pop();
    if (saved === undefined) throw new Error("no checkpoint to restore");
    this.#entries = saved;
  }

  /** The value of a root variable, loaded if need be: the expression evaluator's view. */
  lookup(name: string): JsonValue | undefined {
    const entry = this.#entries.get(name);
    if (entry === undefined) return undefined;
    this.#levelRead = Math.max(this.#levelRead, entry.level);
    return entry.pending.some(({ order }) => order < this.#horizon) ? this.#load(name, entry) : entry.value;
  }

  keys(): readonly string[] {
    this.#levelRead = this.#saved.length;
    return [...this.#entries.keys()];
  }

  /**
   * Kyverno loads whatever an expression mentions before it evaluates it, in the order of the declarations, needed or
   * not.
   */
  #loadMentioned(text: string): void {
    const names = [...this.#entries].flatMap(([name, { pending }]) =>
      pending.length > 0 && mentions(text, name) ? [name] : [],
    );
    for (;;) {
      let first: { readonly name: string; readonly entry: Entry; readonly order: number } | undefined;
      for (const name of names) {
        const entry = this.#entries.get(name);
        const order = entry?.pending[0]?.order ?? Number.POSITIVE_INFINITY;
        if (entry !== undefined && order < this.#horizon && order < (first?.order ?? Number.POSITIVE_INFINITY))
          first = { name, entry, order };
      }
      if (first === undefined) return;
      this.#load(first.name, first.entry, first.order + 1);
    }
  }

  /** Loads what is visible of an entry, in the order of its declarations. */
  #load(name: string, entry: Entry, horizon = this.#horizon): JsonValue | undefined {
    if (this.#loading >= this.limits.expressionDepth)
      throw new EngineError(
        "over-budget",
        `context entries load each other more than ${this.limits.expressionDepth} deep`,
        { subject: name },
      );
    const levelBefore = this.#levelRead;
    let { value, level } = entry;
    let rest = entry.pending;
    for (let next = rest[0]; next !== undefined && next.order < horizon; next = rest[0]) {
      this.#levelRead = 0;
      const loaded = this.#run(next, name, value);
      level = Math.max(level, this.#levelRead);
      value = next.mode === "merge" ? merged(value, loaded) : loaded;
      rest = rest.slice(1);
    }
    this.#levelRead = Math.max(levelBefore, level);
    this.#keep(name, entry, { value, pending: rest, level });
    return value;
  }

  #run(pending: Pending, name: string, before: JsonValue | undefined): JsonValue {
    if (pending.order < 0) return pending.load();
    const outer = { horizon: this.#horizon, entry: this.#entries.get(name) };
    this.#horizon = pending.order;
    this.#loading++;
    // While it loads, the entry itself is what the declarations before it made of it.
    if (before !== undefined && outer.entry !== undefined)
      this.#entries.set(name, { ...outer.entry, value: before, pending: [] });
    try {
      const value = pending.load();
      this.#count(value, name);
      return value;
    } finally {
      this.#loading--;
      this.#horizon = outer.horizon;
      if (outer.entry !== undefined) this.#entries.set(name, outer.entry);
    }
  }

  #count(value: JsonValue, name: string): void {
    this.#loadedBytes += sizeOf(value, this.limits.resourceBytes);
    if (this.#loadedBytes > this.limits.resourceBytes)
      throw new EngineError("over-limit", `context entries are larger than ${this.limits.resourceBytes}`, {
        subject: name,
      });
  }

  /**
   * A value that did not depend on anything newer than a checkpoint is kept below it too, so that it is loaded once.
   */
  #keep(name: string, from: Entry, to: Entry): void {
    this.#entries.set(name, to);
    for (let level = this.#saved.length - 1; level >= to.level; level--) {
      if (this.#saved[level]?.get(name) === from) this.#saved[level]?.set(name, to);
    }
  }

  /**
   * The value of an expression over the variables. `budget`: what is left of the steps that several expressions share.
   * @throws EngineError `unresolved` with Kyverno's sentence, `over-budget`, `over-limit`, and whatever loading an
   * entry throws; an open question passes through every default.
   */
  query(text: string, budget: StepBudget = { steps: this.limits.expressionSteps }): JsonValue {
    if (text.trim() === "") throw new EngineError("unresolved", "invalid query (nil)", { subject: text });
    this.#loadMentioned(text);
    return this.#evaluate(text, this, budget);
  }

  /**
   * The value of an expression over a value of its own. An empty expression is that value. It needs no `this`.
   * @throws as {@link query}
   */
  readonly evaluateOn = (text: string, node: JsonValue): JsonValue =>
    text === "" ? node : this.#evaluate(text, node, { steps: this.limits.expressionSteps });

  #evaluate(text: string, root: JsonValue | Scope, budget: StepBudget): JsonValue {
    const expression = this.#compiled(text);
    this.#functions ??= this.#makeFunctions();
    try {
      return expression.evaluate(root, { functions: this.#functions, budget });
    } catch (error) {
      if (!(error instanceof EngineError) || error.code !== "unresolved") throw error;
      throw new EngineError("unresolved", `JMESPath query failed: ${error.message}`, { subject: text, cause: error });
    }
  }

  #compiled(text: string): Expression {
    const known = this.#expressions.get(text);
    if (known !== undefined) return known;
    const expression = this.#compile(text);
    this.#expressions.set(text, expression);
    return expression;
  }

  /**
   * An expression may come from the resource, by way of a variable: one that does not parse is a variable that does not
   * resolve.
   */
  #compile(text: string): Expression {
    try {
      return compileExpression(text, { functions: noFunctions, limits: this.limits });
    } catch (error) {
      if (!(error instanceof EngineError) || error.code !== "malformed") throw error;
      throw new EngineError("unresolved", error.message, { subject: text, cause: error });
    }
  }
}

/** Makes contexts for an engine: each policy keeps its compiled expressions. */
export type ContextFactory = (
  request: AdmissionRequest,
  decision: { readonly now: Date; readonly policy: Policy },
) => JsonContext;

export function createContextFactory({
  limits,
  references,
}: Pick<ContextEnvironment, "limits" | "references">): ContextFactory {
  const byPolicy = new WeakMap<Policy, ExpressionCache>();
  return (request, { now, policy }) => {
    const expressions = byPolicy.get(policy) ?? new ExpressionCache();
    byPolicy.set(policy, expressions);
    return new JsonContext(request, { limits, references, now, expressions });
  };
}
