/** What a YAML document is made of, before aliases, merges and plain scalars are given a meaning. Source: YAML 1.2. */

export interface YamlScalar {
  readonly kind: "scalar";
  readonly offset: number;
  readonly text: string;
  /** Neither quoted nor a block: it may be a number, a boolean or null. */
  readonly isPlain: boolean;
  /** Of a value: `!!int`. */
  readonly tag?: string | undefined;
  readonly anchor?: string | undefined;
}

export interface YamlAlias {
  readonly kind: "alias";
  readonly offset: number;
  readonly name: string;
}

export interface YamlMember {
  readonly key: YamlScalar;
  readonly value: YamlNode;
}

export interface YamlMap {
  readonly kind: "map";
  readonly offset: number;
  readonly members: readonly YamlMember[];
  readonly anchor?: string | undefined;
}

export interface YamlList {
  readonly kind: "list";
  readonly offset: number;
  readonly items: readonly YamlNode[];
  readonly anchor?: string | undefined;
}

export type YamlNode = YamlScalar | YamlAlias | YamlMap | YamlList;

/** A value that is not written. */
export const missing = (offset: number): YamlScalar => ({ kind: "scalar", offset, text: "", isPlain: true });

/** Whether a key is a plain `<<`. */
export const isMerge = ({ text, isPlain }: YamlScalar): boolean => isPlain && text === "<<";
