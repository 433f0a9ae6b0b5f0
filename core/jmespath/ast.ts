/** The tree of an expression, in the evaluator's form: chains are flat, whatever the parser's nesting. */
import type { JsonValue } from "../encoding/json.ts";

export type Comparison = "EQ" | "NE" | "LT" | "LTE" | "GT" | "GTE";

export type Node =
  | { readonly kind: "current" }
  | { readonly kind: "field"; readonly name: string }
  | { readonly kind: "literal"; readonly value: JsonValue }
  | { readonly kind: "index"; readonly index: number }
  | {
      readonly kind: "slice";
      readonly start: number | null;
      readonly stop: number | null;
      readonly step: number | null;
    }
  /** Each node reads from the one before it: `a.b[0].c`. */
  | { readonly kind: "chain"; readonly nodes: readonly Node[] }
  | { readonly kind: "projection"; readonly left: Node; readonly right: Node }
  | { readonly kind: "filter"; readonly left: Node; readonly condition: Node; readonly right: Node }
  | { readonly kind: "values"; readonly left: Node; readonly right: Node }
  | { readonly kind: "flatten"; readonly node: Node }
  | { readonly kind: "list"; readonly items: readonly Node[] }
  | { readonly kind: "hash"; readonly entries: readonly { readonly key: string; readonly node: Node }[] }
  | { readonly kind: "or" | "and" | "pipe"; readonly nodes: readonly Node[] }
  | { readonly kind: "not"; readonly node: Node }
  | { readonly kind: "comparison"; readonly operator: Comparison; readonly left: Node; readonly right: Node }
  | { readonly kind: "reference"; readonly node: Node }
  | { readonly kind: "call"; readonly name: string; readonly args: readonly Node[] };
