/**
 * The seam to the parser: @jmespath-community/jmespath is given text that only the grammar is left to decide in, and
 * its tree is translated into ours. Names and literals are read by our lexer; in the text that the library gets, a
 * literal is its number in a table.
 */
import { compile as parse } from "@jmespath-community/jmespath";
import type { JsonValue } from "../encoding/json.ts";
import { EngineError } from "../errors.ts";
import type { Limits } from "../limits.ts";
import type { Comparison, Node } from "./ast.ts";
import { tokenize } from "./lexer.ts";

type Tree = ReturnType<typeof parse>;
type TreeOf<Type extends Tree["type"]> = Extract<Tree, { readonly type: Type }>;

const childOf = (tree: Tree): Tree => (tree as Extract<Tree, { readonly child: unknown }>).child;

/** Raised for the library's syntax errors, which are plain errors with a name or a message of their own. */
const refuse = (expression: string, what: string, cause?: unknown): never => {
  throw new EngineError("malformed", `incorrect query ${expression.slice(0, 200)}: ${what}`, {
    subject: expression.slice(0, 200),
    cause,
  });
};

class Translator {
  readonly expression: string;
  readonly constants: readonly JsonValue[];

  constructor(expression: string, constants: readonly JsonValue[]) {
    this.expression = expression;
    this.constants = constants;
  }

  /** `((a.b).c)` and `((a || b) || c)` as one list, without recursion along the left. */
  leftSpine(tree: Tree, types: readonly Tree["type"][]): Node[] {
    const nodes: Node[] = [];
    let rest = tree;
    while (types.includes(rest.type)) {
      const { left, right } = rest as TreeOf<"Subexpression">;
      nodes.push(this.node(right));
      rest = left;
    }
    nodes.push(this.node(rest));
    return nodes.reverse();
  }

  chain(tree: Tree): Node {
    const nodes = this.leftSpine(tree, ["Subexpression", "IndexExpression"]).flatMap((node) =>
      node.kind === "chain" ? node.nodes : [node],
    );
    const rest = nodes.filter((node) => node.kind !== "current");
    return rest.length === 0
      ? { kind: "current" }
      : rest.length === 1 && rest[0] !== undefined
        ? rest[0]
        : { kind: "chain", nodes: rest };
  }

  node(tree: Tree): Node {
    switch (tree.type) {
      case "Identity":
      case "Current":
        return { kind: "current" };
      case "Field":
        return { kind: "field", name: (tree as TreeOf<"Field">).name };
      case "Literal":
        return { kind: "literal", value: this.constants[(tree as TreeOf<"Literal">).value as number] ?? null };
      case "Index":
        return { kind: "index", index: (tree as TreeOf<"Index">).value };
      case "Slice": {
        const { start, stop, step } = tree as TreeOf<"Slice">;
        return { kind: "slice", start, stop, step };
      }
      case "Subexpression":
      case "IndexExpression":
        return this.chain(tree);
      case "Projection": {
        const { left, right } = tree as TreeOf<"Projection">;
        return { kind: "projection", left: this.node(left), right: this.node(right) };
      }
      case "FilterProjection": {
        const { left, condition, right } = tree as TreeOf<"FilterProjection">;
        return { kind: "filter", left: this.node(left), condition: this.node(condition), right: this.node(right) };
      }
      case "ValueProjection": {
        const { left, right } = tree as TreeOf<"ValueProjection">;
        return { kind: "values", left: this.node(left), right: this.node(right) };
      }
      case "Flatten":
        return { kind: "flatten", node: this.node(childOf(tree)) };
      case "MultiSelectList":
        return { kind: "list", items: (tree as TreeOf<"MultiSelectList">).children.map((item) => this.node(item)) };
      case "MultiSelectHash":
        return {
          kind: "hash",
          entries: (tree as TreeOf<"MultiSelectHash">).children.map(({ name, value }) => ({
            key: name,
            node: this.node(value),
          })),
        };
      case "OrExpression":
        return { kind: "or", nodes: this.leftSpine(tree, ["OrExpression"]) };
      case "AndExpression":
        return { kind: "and", nodes: this.leftSpine(tree, ["AndExpression"]) };
      case "Pipe":
        return { kind: "pipe", nodes: this.leftSpine(tree, ["Pipe"]) };
      case "NotExpression":
        return { kind: "not", node: this.node(childOf(tree)) };
      case "Comparator": {
        const { name, left, right } = tree as TreeOf<"Comparator">;
        return { kind: "comparison", operator: name as Comparison, left: this.node(left), right: this.node(right) };
      }
      case "ExpressionReference":
        return { kind: "reference", node: this.node(childOf(tree)) };
      case "Function": {
        const { name, children } = tree as TreeOf<"Function">;
        return { kind: "call", name, args: children.map((child) => this.node(child)) };
      }
      default:
        // Arithmetic and the like: later JMESPath, which Kyverno does not have.
        return refuse(this.expression, `${tree.type} is not part of the language`);
    }
  }
}

/**
 * The tree of an expression.
 * @throws EngineError `malformed` where Kyverno's parser refuses it, `over-limit`.
 */
export function parseExpression(expression: string, limits: Limits): Node {
  const constants: JsonValue[] = [];
  const words: string[] = [];
  for (const token of tokenize(expression, limits)) {
    if (token.type === "literal") words.push(`\`${constants.push(token.value) - 1}\``);
    else words.push(token.type === "quoted" ? JSON.stringify(token.text) : token.text);
  }
  if (words.length === 0) refuse(expression, "incomplete expression");
  let tree: Tree;
  try {
    tree = parse(words.join(" "));
  } catch (cause) {
    return refuse(expression, cause instanceof Error ? cause.message : String(cause), cause);
  }
  return new Translator(expression, constants).node(tree);
}
