import { type Signed } from "./sign.ts";
/**
 * The first one's image and attestor with the signatures of all: layers of one tag behind one another, referrers side
 * by side. The trusted root is the first one's.
 */
export declare function together(first: Signed, ...others: readonly Signed[]): Signed;
