/**
 * The checks of the pipeline in their order. A check's place is the stage of its failures: who fails later came
 * further. Source: docs/architecture.md#one-request-hop-by-hop.
 */

const order = [
  "distrust.content",
  "entity.content",
  "signer",
  // Log entry or timestamp do not fit because the signature is none: the cause is named, not the consequence.
  "signature.cause",
  "tlog.entry",
  "timestamp.token",
  "x509.path",
  "x509.sct",
  "signature",
  "content.digest",
  "content.predicate-type",
  "identity",
  "annotations",
  "tlog.lookup",
  "x509.path-at-lookup",
  "timestamp.required",
  "distrust.evidence",
] as const;

export type Check = (typeof order)[number];

const stages: ReadonlyMap<Check, number> = new Map(order.map((check, index) => [check, index + 1]));

/** The stage of a check, from 1. */
export const stageOf = (check: Check): number => stages.get(check) as number;
