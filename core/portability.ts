/**
 * A canary: both lines must fail to compile. If one does not, a dependency has brought a host's typings into core.
 */
// @ts-expect-error: if this compiles, Node's typings have leaked into core
export type NodeLeak = NodeJS.Process;
// @ts-expect-error: if this compiles, the DOM's typings have leaked into core
export type DomLeak = HTMLElement;
