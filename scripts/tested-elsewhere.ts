/** Sources without a mirrored test of their own: which test runs them, and why that is enough. `scripts/check-tests.ts` keeps the list true. */
export const testedElsewhere: Readonly<Record<string, { readonly test: string; readonly why: string }>> = {};
