/**
 * Where the value at a JSON pointer stands in a YAML document. Found when asked for, since few positions ever are.
 * Source: RFC 6901.
 */
import { pointerSteps } from "../../encoding/shape.ts";
import type { NodeReader } from "./yaml-node.ts";
import { plainKey } from "./yaml-scalar.ts";
import { isMerge, type YamlNode } from "./yaml-tree.ts";

/** A value's node, and the key that it stands under. */
export type Place = readonly [node: YamlNode, key: YamlNode | undefined];

export class Places {
  readonly #root: YamlNode;
  readonly #reader: NodeReader;
  /** The members of the maps that were looked into. */
  readonly #members = new Map<YamlNode, ReadonlyMap<string, Place>>();

  /** Of a document that the reader has read. */
  constructor(root: YamlNode, reader: NodeReader) {
    this.#root = root;
    this.#reader = reader;
  }

  /** The place of the value at `pointer`, or of its nearest ancestor. */
  at(pointer: string): Place {
    let place: Place = [this.#root, undefined];
    for (const step of pointerSteps(pointer)) {
      const found = this.#child(this.#reader.resolve(place[0]), step);
      if (found === undefined) break;
      place = found;
    }
    return place;
  }

  #child(node: YamlNode, step: string): Place | undefined {
    if (node.kind !== "list") return this.#membersOf(node).get(step);
    const item = /^\d+$/.test(step) ? node.items[Number(step)] : undefined;
    return item === undefined ? undefined : [item, undefined];
  }

  /** The members of a map by key; merged ones are found where they were written. */
  #membersOf(node: YamlNode): ReadonlyMap<string, Place> {
    const known = this.#members.get(node);
    if (known !== undefined) return known;
    const members = new Map<string, Place>();
    this.#members.set(node, members);
    if (node.kind !== "map") return members;
    for (const { key, value } of node.members)
      if (!isMerge(key)) members.set(key.isPlain ? plainKey(key.text).name : key.text, [value, key]);
    for (const { key, value } of node.members) {
      if (!isMerge(key)) continue;
      const source = this.#reader.resolve(value);
      for (const part of source.kind === "list" ? source.items : [source])
        for (const [name, place] of this.#membersOf(this.#reader.resolve(part)))
          if (!members.has(name)) members.set(name, place);
    }
    return members;
  }
}
