/** What the bounds of admission leave out. */
import type { Limits } from "../../core/limits.ts";
import { limitsWith } from "../../core/limits.ts";
import { openGate, reviewOf } from "../support/admission.ts";
import { pod } from "../support/fixture-policies.ts";

/** A review of more than a MiB, by a webhook without policies. */
const reviewing = async (given: Partial<Limits>): Promise<readonly string[]> => {
  const gate = await openGate([], { limits: limitsWith(given) });
  try {
    const large = { ...pod("a:1"), note: "x".repeat(1_100_000) };
    const { status } = await gate.post("/mutate/fail", reviewOf(large));
    return status === 200 ? [] : [`status ${status}`];
  } finally {
    await gate.close();
  }
};

/** Rows of the table of limits. */
export const admissionRows = { reviewBytes: { low: 1_000_000, run: reviewing, says: /^status 503$/ } };
