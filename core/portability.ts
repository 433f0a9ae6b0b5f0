/**
 * The canary of the compiler's own guard: both lines must fail to compile, or a dependency's typings have let a host
 * in.
 */
// @ts-expect-error: if this compiles, Node's typings have leaked into core
export type NodeLeak = NodeJS.Process;
// @ts-expect-error: if this compiles, the DOM's typings have leaked into core
export type DomLeak = HTMLElement;
