/**
 * Which rules can apply to a request, by its kind and its images, so that thousands of policies for other images cost
 * nothing. A rule that the index leaves out would have yielded no result (docs/spec/kyverno.md#order-inside-a-rule);
 * what it lets through is still judged in full.
 */
import { EngineError } from "../../errors.ts";
import type { AdmissionRequest } from "../rule/request.ts";
import type { CompiledRule } from "./compile-rule.ts";
import type { CompiledPolicy } from "./decide-policy.ts";
import type { DefaultImages } from "./default-images.ts";
import { namesOf, selectedSpellings } from "./reference-filter.ts";

/**
 * The literal prefix of a pattern: up to its first wildcard, tag or digest, because an earlier rule may pin the image.
 */
export function literalPrefix(pattern: string): string {
  const wildcard = pattern.search(/[*?]/);
  const literal = wildcard < 0 ? pattern : pattern.slice(0, wildcard);
  const at = literal.indexOf("@");
  const named = at < 0 ? literal : literal.slice(0, at);
  const colon = named.indexOf(":", named.lastIndexOf("/") + 1);
  return colon < 0 ? named : named.slice(0, colon);
}

/** A rule's place in the order of all rules. */
interface Placed {
  readonly order: number;
  readonly policy: CompiledPolicy;
  readonly rule: CompiledRule;
}

/** The rules of one kind. */
class KindRules {
  readonly #always: Placed[] = [];
  readonly #byPrefix = new Map<string, Placed[]>();
  #lengths: readonly number[] = [];
  readonly all: Placed[] = [];

  add(placed: Placed, prefixes: readonly string[] | undefined): void {
    this.all.push(placed);
    if (prefixes === undefined) {
      this.#always.push(placed);
      return;
    }
    for (const prefix of new Set(prefixes)) {
      const held = this.#byPrefix.get(prefix);
      if (held === undefined) this.#byPrefix.set(prefix, [placed]);
      else held.push(placed);
    }
  }

  close(): this {
    this.#lengths = [...new Set([...this.#byPrefix.keys()].map((prefix) => prefix.length))].sort((a, b) => a - b);
    return this;
  }

  /** The rules that can apply to some of the images, in order. */
  select(images: readonly string[]): readonly Placed[] {
    const found = new Set(this.#always);
    for (const image of images) {
      for (const length of this.#lengths) {
        if (length > image.length) break;
        for (const placed of this.#byPrefix.get(image.slice(0, length)) ?? []) found.add(placed);
      }
    }
    return [...found].sort((a, b) => a.order - b.order);
  }
}

/** The images that default extractors find; undefined if only the rules themselves can tell. */
function imagesOf({ object, kind }: AdmissionRequest, defaults: DefaultImages): readonly string[] | undefined {
  if (object === undefined) return [];
  try {
    const { images, failed } = defaults.of(object, kind.kind);
    if (failed.length > 0) return undefined;
    const names: string[] = [];
    for (const image of images) for (const name of namesOf(image)) names.push(...selectedSpellings(name));
    return names;
  } catch (error) {
    if (error instanceof EngineError) return undefined;
    throw error;
  }
}

/**
 * Prefixes of a rule's patterns; undefined for a rule that must always run: one of another kind, or with its own
 * extractors for the resource.
 */
function prefixesOf({ rule, filters }: CompiledRule, kind: string | undefined): readonly string[] | undefined {
  if (rule.kind !== "verifyImages") return undefined;
  const extractors = rule.imageExtractors;
  if (
    extractors !== undefined &&
    (kind === undefined ? Object.keys(extractors).length > 0 : Object.hasOwn(extractors, kind))
  )
    return undefined;
  return filters.flatMap((filter) => filter.select.map(literalPrefix));
}

export type RuleIndex = (request: AdmissionRequest, defaults: DefaultImages) => readonly CompiledPolicy[];

/**
 * Indexes all rules, once. The result gives the policies, in order, with the rules that can apply to the request.
 */
export function indexRules(policies: readonly CompiledPolicy[]): RuleIndex {
  const placed = policies.flatMap((policy) => policy.rules.map((rule) => ({ policy, rule })));
  const named = new Set(placed.flatMap(({ rule }) => [...rule.match.index.named]));
  const byKind = new Map([...named].map((kind) => [kind, new KindRules()]));
  const others = new KindRules();
  for (const [order, entry] of placed.entries()) {
    const at = { order, ...entry };
    const { index } = entry.rule.match;
    for (const kind of index.others ? named : index.named) byKind.get(kind)?.add(at, prefixesOf(entry.rule, kind));
    if (index.others) others.add(at, prefixesOf(entry.rule, undefined));
  }
  for (const rules of byKind.values()) rules.close();
  others.close();
  return (request, defaults) => {
    const rules = byKind.get(request.kind.kind) ?? others;
    const images = imagesOf(request, defaults);
    return regroup(images === undefined ? rules.all : rules.select(images));
  };
}

function regroup(selected: readonly Placed[]): readonly CompiledPolicy[] {
  const groups: { policy: CompiledPolicy["policy"]; source: CompiledPolicy; rules: CompiledRule[] }[] = [];
  for (const { policy, rule } of selected) {
    const last = groups.at(-1);
    if (last?.source === policy) last.rules.push(rule);
    else groups.push({ policy: policy.policy, source: policy, rules: [rule] });
  }
  return groups.map(({ policy, rules }) => ({ policy, rules }));
}
