/**
 * Nodes of a YAML document as values of a policy: aliases, merge keys, keys and tags. Source: YAML 1.1 as
 * sigs.k8s.io/yaml turns it into JSON. Differs: repeated keys, tags of applications, keys that a later `<<` would
 * overwrite and keys that are no strings beside a `<<` are refused.
 */
import { EngineError } from "../../errors.ts";
import type { Limits } from "../../limits.ts";
import type { PolicyValue } from "./policy.ts";
import { isMap } from "./policy-value.ts";
import { YamlFault } from "./yaml-fault.ts";
import { plainKey, resolvePlain, resolveTagged, type ScalarValue } from "./yaml-scalar.ts";
import { isMerge, type YamlMember, type YamlNode, type YamlScalar } from "./yaml-tree.ts";

function faultAt<T>({ offset }: YamlNode, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new YamlFault("malformed", error.message, offset, { cause: error });
  }
}

function scalarOf(node: YamlScalar): ScalarValue {
  const { text, tag, isPlain } = node;
  if (tag !== undefined) return faultAt(node, () => resolveTagged(text, tag));
  return isPlain ? faultAt(node, () => resolvePlain(text)) : text;
}

/** A node that was read: `size` counts values with aliases written out, `height` its levels of collections. */
interface Read {
  readonly value: PolicyValue;
  readonly size: number;
  readonly height: number;
  /** A map's key that was no string before it became one. */
  readonly oddKey?: YamlNode | undefined;
}

/** What the aliases of a file stand for, counted in values: each use costs what it copies. */
export interface AliasCount {
  values: number;
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
  readonly #aliased: AliasCount;
  readonly #anchors = new Map<string, { readonly node: YamlNode; read: Read | undefined }>();
  readonly #targets = new Map<YamlNode, YamlNode>();

  constructor(limits: Limits, aliased: AliasCount = { values: 0 }) {
    this.#limits = limits;
    this.#aliased = aliased;
  }

  /** The node that an alias stands for, else the node itself. */
  resolve(node: YamlNode): YamlNode {
    return this.#targets.get(node) ?? node;
  }

  /** @throws YamlFault `malformed` or `over-limit`. */
  read(node: YamlNode): Read {
    if (node.kind === "alias") return this.#alias(node.name, node);
    const anchor = { node, read: undefined as Read | undefined };
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, anchor);
    const read = this.#content(node);
    anchor.read = read;
    if (read.size > this.#limits.documentValues) this.#tooMany(node);
    if (read.height > this.#limits.jsonDepth)
      throw new YamlFault(
        "over-limit",
        `the document is nested deeper than ${this.#limits.jsonDepth} levels`,
        node.offset,
      );
    return read;
  }

  #alias(name: string, node: YamlNode): Read {
    const anchor = this.#anchors.get(name);
    if (anchor === undefined)
      throw new YamlFault("malformed", `the alias *${name} has no anchor before it`, node.offset, { isLost: true });
    if (anchor.read === undefined)
      throw new YamlFault("malformed", `the alias *${name} stands inside its own anchor`, node.offset);
    this.#targets.set(node, anchor.node);
    this.#aliased.values += anchor.read.size;
    if (this.#aliased.values > this.#limits.documentValues) this.#tooMany(node);
    return anchor.read;
  }

  #tooMany({ offset }: YamlNode): never {
    throw new YamlFault(
      "over-limit",
      `the document has more than ${this.#limits.documentValues} values, aliases written out`,
      offset,
    );
  }

  #content(node: YamlNode): Read {
    if (node.kind === "map") return this.#map(node.members);
    if (node.kind !== "list") return { value: scalarOf(node as YamlScalar), size: 1, height: 0 };
    const items = node.items.map((item) => this.read(item));
    return { value: items.map((item) => item.value), ...sum(items) };
  }

  #map(members: readonly YamlMember[]): Read {
    const result: Record<string, PolicyValue> = Object.create(null);
    const explicit = new Set<string>();
    const parts: Read[] = [];
    let hasMerge = false;
    let oddKey: YamlNode | undefined;
    for (const { key, value } of members) {
      if (isMerge(key)) {
        if (hasMerge) throw new YamlFault("malformed", 'the key "<<" is repeated', key.offset);
        hasMerge = true;
        parts.push(this.#merge(value, result, explicit));
        continue;
      }
      const { name, isText } = key.isPlain ? faultAt(key, () => plainKey(key.text)) : { name: key.text, isText: true };
      if (explicit.has(name))
        throw new YamlFault("malformed", `the key ${JSON.stringify(name)} is repeated`, key.offset);
      explicit.add(name);
      if (!isText) oddKey ??= key;
      const read = this.read(value);
      parts.push(read);
      result[name] = read.value;
    }
    // 1 and "1" are two keys for `<<`, and one in JSON: which value stays is chance.
    if (hasMerge && oddKey !== undefined) this.#oddKey(oddKey);
    return { value: result, ...sum(parts), oddKey };
  }

  #oddKey({ offset }: YamlNode): never {
    throw new YamlFault("malformed", 'a key that meets "<<" must be a string; quote it', offset);
  }

  /**
   * The maps under `<<`, earlier ones winning. Kubernetes' reader would let them overwrite the keys before them,
   * against YAML: that is refused.
   */
  #merge(node: YamlNode, result: Record<string, PolicyValue>, explicit: ReadonlySet<string>): Read {
    const sources = node.kind === "list" ? node.items.map((item) => this.read(item)) : [this.read(node)];
    for (const { value, oddKey } of sources.reverse()) {
      if (!isMap(value)) throw new YamlFault("malformed", '"<<" needs a map or a list of maps', node.offset);
      if (oddKey !== undefined) this.#oddKey(oddKey);
      for (const [name, entry] of Object.entries(value)) {
        if (explicit.has(name))
          throw new YamlFault(
            "malformed",
            `the key ${JSON.stringify(name)} stands before the "<<" that sets it too; write "<<" first`,
            node.offset,
          );
        result[name] = entry;
      }
    }
    return { value: null, ...sum(sources) };
  }
}
