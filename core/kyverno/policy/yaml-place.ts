/**
 * Where the value at a JSON pointer stands in a YAML document. Found when asked for, since few positions ever are.
 * Source: RFC 6901.
 */
import { isMap, isSeq, type Node } from "yaml";
import { isMerge, type NodeReader } from "./yaml-node.ts";

/** A value's node, and the key that it stands under. */
export type Place = readonly [node: Node, key: Node | undefined];

/** A member or an item; merged members are found where they were written. */
function childOf(node: Node, step: string, reader: NodeReader): Place | undefined {
  if (isSeq(node)) {
    const item = /^\d+$/.test(step) ? (node.items[Number(step)] as Node | null | undefined) : undefined;
    return item === undefined || item === null ? undefined : [item, undefined];
  }
  if (!isMap(node)) return undefined;
  let merged: Place | undefined;
  for (const { key, value } of node.items as readonly { readonly key: Node | null; readonly value: Node | null }[]) {
    if (key === null) continue;
    if (!isMerge(key)) {
      if (reader.keyText(key) === step) return [value ?? key, key];
      continue;
    }
    const source = value === null ? undefined : reader.resolve(value);
    for (const part of isSeq(source) ? (source.items as Node[]) : source === undefined ? [] : [source])
      merged ??= childOf(reader.resolve(part), step, reader);
  }
  return merged;
}

/** The place of the value at `pointer`, or of its nearest ancestor. */
export function placeOf(root: Node, pointer: string, reader: NodeReader): Place {
  let place: Place = [root, undefined];
  for (const step of pointer === "" ? [] : pointer.slice(1).split("/")) {
    const found = childOf(reader.resolve(place[0]), step.replaceAll("~1", "/").replaceAll("~0", "~"), reader);
    if (found === undefined) break;
    place = found;
  }
  return place;
}
