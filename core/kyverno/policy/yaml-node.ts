/**
 * Nodes of a YAML document as values of a policy: aliases, merge keys, keys and tags. Source: YAML 1.1 as
 * sigs.k8s.io/yaml turns it into JSON. Differs: repeated keys, tags of applications and keys that a later `<<` would
 * overwrite are refused.
 */
import { isAlias, isMap as isMapNode, isScalar, isSeq, type Node } from "yaml";
import { EngineError } from "../../errors.ts";
import type { Limits } from "../../limits.ts";
import type { PolicyValue } from "./policy.ts";
import { isMap } from "./policy-value.ts";
import { resolvePlain, resolveTagged, type ScalarValue, toKey } from "./yaml-scalar.ts";

/** What is wrong at an offset of the text. */
export class YamlFault extends EngineError {
  readonly offset: number;

  constructor(code: "malformed" | "over-limit", message: string, offset: number, cause?: unknown) {
    super(code, message, { cause });
    this.offset = offset;
  }
}

export const startOf = (node: Node | null | undefined): number => node?.range?.[0] ?? 0;

/** Whether a key is a plain `<<`. */
export const isMerge = (node: Node | null): boolean =>
  isScalar(node) && node.type === "PLAIN" && node.source === "<<" && node.tag === undefined;

function faultAt<T>(node: Node, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new YamlFault("malformed", error.message, startOf(node), error);
  }
}

function scalarOf(
  node: Node & { readonly source?: string; readonly tag?: string; readonly type?: unknown },
): ScalarValue {
  const text = node.source ?? "";
  const { tag } = node;
  if (typeof tag === "string") return faultAt(node, () => resolveTagged(text, tag));
  return node.type === "PLAIN" ? faultAt(node, () => resolvePlain(text)) : text;
}

/** A node that was read: `size` counts values with aliases written out, `height` its levels of collections. */
interface Read {
  readonly value: PolicyValue;
  readonly size: number;
  readonly height: number;
}

function sum(parts: readonly Read[]): { readonly size: number; readonly height: number } {
  let size = 1;
  let height = 0;
  for (const part of parts) {
    size += part.size;
    height = Math.max(height, part.height);
  }
  return { size, height: height + 1 };
}

/** Reads the nodes of one document in their order, so that an alias means the last anchor of its name. */
export class NodeReader {
  readonly #limits: Limits;
  readonly #anchors = new Map<string, { readonly node: Node; read: Read | undefined }>();
  readonly #targets = new Map<Node, Node>();

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** The node that an alias stands for, else the node itself. */
  resolve(node: Node): Node {
    return this.#targets.get(node) ?? node;
  }

  /** The text of a key that was read before. */
  keyText(node: Node): string | undefined {
    const target = this.resolve(node);
    return isScalar(target) ? toKey(scalarOf(target)) : undefined;
  }

  /** @throws YamlFault `malformed` or `over-limit`. */
  read(node: Node | null | undefined): Read {
    if (node === null || node === undefined) return { value: null, size: 1, height: 0 };
    if (isAlias(node)) return this.#alias(node.source, node);
    const name = "anchor" in node && typeof node.anchor === "string" ? node.anchor : undefined;
    const anchor = { node, read: undefined as Read | undefined };
    if (name !== undefined) this.#anchors.set(name, anchor);
    const read = this.#content(node);
    anchor.read = read;
    if (read.size > this.#limits.documentValues) {
      throw new YamlFault(
        "over-limit",
        `the document has more than ${this.#limits.documentValues} values, aliases written out`,
        startOf(node),
      );
    }
    if (read.height > this.#limits.jsonDepth)
      throw new YamlFault(
        "over-limit",
        `the document is nested deeper than ${this.#limits.jsonDepth} levels`,
        startOf(node),
      );
    return read;
  }

  #alias(name: string, node: Node): Read {
    const anchor = this.#anchors.get(name);
    if (anchor === undefined)
      throw new YamlFault("malformed", `the alias *${name} has no anchor before it`, startOf(node));
    if (anchor.read === undefined)
      throw new YamlFault("malformed", `the alias *${name} stands inside its own anchor`, startOf(node));
    this.#targets.set(node, anchor.node);
    return anchor.read;
  }

  #content(node: Node): Read {
    if (isScalar(node)) return { value: scalarOf(node), size: 1, height: 0 };
    const tag = "tag" in node ? node.tag : undefined;
    if (typeof tag === "string" && tag !== `tag:yaml.org,2002:${isMapNode(node) ? "map" : "seq"}`)
      throw new YamlFault("malformed", `the tag ${tag} is not read here`, startOf(node));
    if (isMapNode(node)) return this.#map(node, node.items);
    if (!isSeq(node)) throw new YamlFault("malformed", "a node is neither scalar, list nor map", startOf(node));
    const items = node.items.map((item) => this.read(item as Node));
    return { value: items.map((item) => item.value), ...sum(items) };
  }

  #map(node: Node, pairs: readonly { readonly key: unknown; readonly value: unknown }[]): Read {
    const result: Record<string, PolicyValue> = Object.create(null);
    const explicit = new Set<string>();
    const parts: Read[] = [];
    let merged = false;
    for (const { key, value } of pairs as readonly { readonly key: Node | null; readonly value: Node | null }[]) {
      if (isMerge(key)) {
        if (merged) throw new YamlFault("malformed", 'the key "<<" is repeated', startOf(key));
        merged = true;
        parts.push(this.#merge(value ?? node, result, explicit));
        continue;
      }
      const name = this.#key(key, node);
      if (explicit.has(name))
        throw new YamlFault("malformed", `the key ${JSON.stringify(name)} is repeated`, startOf(key ?? node));
      explicit.add(name);
      const read = this.read(value);
      parts.push(read);
      result[name] = read.value;
    }
    return { value: result, ...sum(parts) };
  }

  #key(node: Node | null, map: Node): string {
    if (node === null) throw new YamlFault("malformed", "a key is missing", startOf(map));
    const { value } = this.read(node);
    if (typeof value === "object" && value !== null)
      throw new YamlFault("malformed", "a key is a map or a list, and only strings can be keys", startOf(node));
    return faultAt(node, () => toKey(value));
  }

  /**
   * The maps under `<<`, earlier ones winning. Kubernetes' reader would let them overwrite the keys before them,
   * against YAML: that is refused.
   */
  #merge(node: Node, result: Record<string, PolicyValue>, explicit: ReadonlySet<string>): Read {
    const sources = isSeq(node) ? node.items.map((item) => this.read(item as Node)) : [this.read(node)];
    for (const { value } of [...sources].reverse()) {
      if (!isMap(value)) throw new YamlFault("malformed", '"<<" needs a map or a list of maps', startOf(node));
      for (const [name, entry] of Object.entries(value)) {
        if (explicit.has(name))
          throw new YamlFault(
            "malformed",
            `the key ${JSON.stringify(name)} stands before the "<<" that sets it too; write "<<" first`,
            startOf(node),
          );
        result[name] = entry;
      }
    }
    return { value: null, ...sum(sources) };
  }
}
