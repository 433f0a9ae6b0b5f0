/**
 * The planted faults: what a careless edit might do. Each is one replacement; the tests, the attacks or the golden sets
 * must see every one, and the golden verdicts those on a signature's path.
 */
import type { Fault } from "./fault.ts";
import { memoryFaults } from "./faults-memory.ts";
import { policyFaults } from "./faults-policies.ts";
import { signatureFaults } from "./faults-signatures.ts";
import { trustFaults } from "./faults-trust.ts";

export const faults: readonly Fault[] = [...signatureFaults, ...trustFaults, ...policyFaults, ...memoryFaults];
