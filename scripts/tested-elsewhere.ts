/** Sources without a mirrored test of their own: which test runs them, and why that is enough. `scripts/check-tests.ts` keeps the list true. */
export const testedElsewhere: Readonly<Record<string, { readonly test: string; readonly why: string }>> = {
  "cli/input/store.ts": { test: "test/cli/commands/mirror.test.ts", why: "opens the mirror for the commands that are tested there, also where there is none" },
  "cli/version.ts": { test: "test/cli/commands/version.test.ts", why: "one constant, which the command shows" },
  "cli/verify-images.ts": { test: "test/cli/commands/verify.test.ts", why: "is what both verify commands do; each outcome has a case there" },
};
