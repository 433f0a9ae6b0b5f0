/** `parse_json` and `parse_yaml`. Source: docs/spec/kyverno.md#functions; Go's encoding/json, sigs.k8s.io/yaml. */
import {
  type Alias,
  Composer,
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  Parser,
  Scalar as ScalarNode,
  type YAMLMap,
} from "yaml";
import { decodeBase64 } from "../../encoding/base64.ts";
import { parseJson } from "../../encoding/json.ts";
import { define, fail, type JmesFunction, refuse } from "../../jmespath/functions/signature.ts";
import { formatFloat32General } from "../../jmespath/go-number.ts";
import { wellFormed } from "../../jmespath/run.ts";
import { type Evaluation, isList, type Value } from "../../jmespath/value.ts";
import type { Limits } from "../../limits.ts";
import { boundedTokens } from "./yaml-depth.ts";
import { evaluating, text } from "./arguments.ts";
import { textOfBytes } from "./byte-text.ts";
import { resolvePlain, resolveTagged } from "./yaml-v2-scalar.ts";

function readJson(document: string, run: Evaluation): Value {
  run.spendCharacters(2 * document.length);
  return evaluating(() =>
    parseJson(document, {
      duplicateKeys: "last-wins",
      loneSurrogates: "replace",
      maxBytes: run.limits.resourceBytes,
      limits: run.limits,
    }),
  );
}

const corePrefix = "tag:yaml.org,2002:";
const knownTags: ReadonlySet<string> = new Set(["null", "bool", "int", "float", "timestamp"]);

/**
 * The name under which a null key is kept. Its value is NaN, which JSON cannot write, so a null key is a fault only if
 * the document still holds it at the end.
 */
const nullKey = "\0";

/** The value, which JSON must be able to write. */
function writable(value: Value): Value {
  if (typeof value === "number" && !Number.isFinite(value)) return fail("json: unsupported value, or map key null");
  if (isList(value)) value.forEach(writable);
  else if (typeof value === "object" && value !== null) Object.values(value).forEach(writable);
  return value;
}

class YamlReader {
  readonly source: string;
  readonly document: Document;
  readonly run: Evaluation;
  /** Aliases being followed: one inside itself would never end. */
  readonly following = new Set<Node>();

  constructor(source: string, document: Document, run: Evaluation) {
    this.source = source;
    this.document = document;
    this.run = run;
  }

  /** Looking for an anchor goes through the whole document. */
  resolve(alias: Alias): Node | undefined {
    this.run.spend(1 + (this.source.length >> 3));
    return alias.resolve(this.document);
  }

  scalar(node: ScalarNode): Value | bigint {
    let source = typeof node.source === "string" ? node.source : String(node.value ?? "");
    if (node.type === ScalarNode.BLOCK_LITERAL || node.type === ScalarNode.BLOCK_FOLDED) {
      source = String(node.value);
      // yaml.v2 adds no line end to a block that ends with the document.
      if (node.range?.[1] === this.source.length && !this.source.endsWith("\n")) source = source.replace(/\n$/, "");
    }
    const tag = node.tag?.startsWith(corePrefix) ? node.tag.slice(corePrefix.length) : undefined;
    if (tag === "binary")
      return wellFormed(textOfBytes(evaluating(() => decodeBase64(source.replace(/\s/g, "")))).text);
    if (tag !== undefined && knownTags.has(tag)) return resolveTagged(tag, source);
    // Any other tag makes text of anything; a quoted scalar is text already.
    if (node.tag !== undefined || node.type !== ScalarNode.PLAIN) return source;
    return resolvePlain(source);
  }

  /** A key's text, undefined for null, which JSON does not have as a key. */
  key(node: unknown): string | undefined {
    const target = isAlias(node) ? this.resolve(node) : node;
    if (target === null || target === undefined) return undefined;
    if (!isScalar(target)) return fail("yaml: invalid map key");
    const value = this.scalar(target);
    if (value === null) return undefined;
    if (typeof value !== "number") return String(value);
    if (Number.isFinite(value)) return formatFloat32General(value);
    return Number.isNaN(value) ? ".nan" : value > 0 ? ".inf" : "-.inf";
  }

  isMerge(node: unknown): boolean {
    return (
      isScalar(node) && node.source === "<<" && (node.type === ScalarNode.PLAIN || node.tag === `${corePrefix}merge`)
    );
  }

  /** The value of `<<`: a map, or a list of maps of which the first wins. */
  merge(into: Record<string, Value>, node: unknown, depth: number): void {
    const target = isAlias(node) ? this.resolve(node) : node;
    const sources = isSeq(target) ? target.items.toReversed() : [target];
    for (const source of sources) {
      const map = isAlias(source) ? this.resolve(source) : source;
      if (!isMap(map)) fail("yaml: map merge requires map or sequence of maps as the value");
      Object.assign(into, this.value(map, depth + 1));
    }
  }

  /** Whatever comes later counts, merged or not. */
  map(node: YAMLMap, depth: number): Value {
    const map: Record<string, Value> = Object.create(null);
    for (const { key, value } of node.items as readonly Pair[]) {
      if (this.isMerge(key)) {
        this.merge(map, value, depth);
        continue;
      }
      const name = this.key(key);
      const read = this.value(value, depth + 1);
      if (name === undefined) map[nullKey] = Number.NaN;
      else map[name] = read;
    }
    return map;
  }

  /** yaml.v2 wants spaces between a hyphen and its element. */
  refuseTab(item: unknown): void {
    const start = isNode(item) ? item.range?.[0] : undefined;
    if (start !== undefined && /-[ \t]*\t[ \t]*$/.test(this.source.slice(Math.max(0, start - 100), start)))
      fail("yaml: found character that cannot start any token");
  }

  value(node: unknown, depth: number): Value {
    this.run.spend(1);
    if (depth > this.run.limits.jsonDepth) return refuse("yaml: exceeded max depth");
    if (node === null || node === undefined) return null;
    if (isAlias(node)) {
      const target = this.resolve(node);
      if (target === undefined || this.following.has(target))
        return fail(`yaml: anchor ${JSON.stringify(node.source)} value contains itself or is unknown`);
      this.following.add(target);
      const value = this.value(target, depth + 1);
      this.following.delete(target);
      return value;
    }
    if (isMap(node)) return this.map(node, depth);
    if (isSeq(node)) {
      if (node.flow !== true) for (const item of node.items) this.refuseTab(item);
      return node.items.map((item) => this.value(item, depth + 1));
    }
    if (!isScalar(node)) return fail("yaml: unknown node");
    const value = this.scalar(node);
    return typeof value === "bigint" ? Number(value) : value;
  }
}

/** Composed without the excerpts that messages could have, which cost more than the rest. */
function firstDocument(source: string, limits: Limits): Document | undefined {
  const composer = new Composer({
    version: "1.1",
    schema: "failsafe",
    uniqueKeys: false,
    merge: false,
    keepSourceTokens: false,
    logLevel: "silent",
    prettyErrors: false,
  });
  for (const token of boundedTokens(new Parser(), source, limits.jsonDepth)) {
    if (typeof token === "number") return refuse("yaml: exceeded max depth");
    for (const document of composer.next(token)) return document;
  }
  for (const document of composer.end(false, source.length)) return document;
  return undefined;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what YAML must not hold
const unprintable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f\ufffe\uffff]/;

/** The first document of a stream, null of an empty one. */
function readYaml(given: string, run: Evaluation): Value {
  if (unprintable.test(given)) return fail("yaml: control characters are not allowed");
  // YAML 1.1 has three ways to end a line, and reads each of them as a line feed.
  const source = given.replace(/\r\n?|\u0085/g, "\n");
  if (source.length > run.limits.policyBytes) return refuse("yaml: document too large");
  // A character of YAML costs more than a step of an expression.
  run.spend(source.length);
  if (/^(?:[ \t]*(?:#[^\n]*)?\n)*(?:\.\.\.|%(?!(?:YAML|TAG)[ \t]))/.test(source))
    return fail("yaml: found unknown directive name");
  const document = firstDocument(source, run.limits);
  if (document === undefined) return /^%/m.test(source) ? fail("yaml: did not find expected <document start>") : null;
  const [error] = document.errors;
  return error === undefined
    ? writable(new YamlReader(source, document, run).value(document.contents, 0))
    : fail(`yaml: ${error.message.split("\n")[0] ?? ""}`);
}

export const documentFunctions: readonly (readonly [string, JmesFunction])[] = [
  ["parse_json", define(["string"], ([document], run) => readJson(text(document), run))],
  ["parse_yaml", define(["string"], ([document], run) => readYaml(text(document), run))],
];
