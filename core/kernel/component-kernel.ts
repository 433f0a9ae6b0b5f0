/**
 * What is calculated beside QuickJS in the component, as QuickJS sees it: the functions of `interface kernel` in
 * `scripts/component/kernel.wit`. Integers and bytes are hexadecimal text. Source: docs/decisions/023-p384-kernel.md.
 */
export interface ComponentKernel {
  /** `sha256-code.ts`: the state after so many whole blocks. */
  blocks(state: string, blocks: string): string;
  /** `sum-code.ts`, of each curve. */
  hasXP256(numbers: string): boolean;
  hasXP384(numbers: string): boolean;
  /** `text-code.ts`: bytes of a text in UTF-8, which has no lone surrogate. */
  utf8Length(text: string): number;
}

/** Bytes and their hexadecimal text, as the host has it. */
export interface HostHex {
  toHex(bytes: Uint8Array): string;
  fromHex(text: string): Uint8Array;
}
