/** The names of checks in a tree, for people. Source: docs/spec/command-line.md#explaining-a-decision. */

/** The same words as in a tree whose checks hold, where one shows what this one looks at. */
const words: Readonly<Record<string, string>> = {
  "distrust.content": "distrust",
  "distrust.evidence": "distrust",
  "entity.content": "content",
  "entity.find": "signatures",
  "entity.others": "no others",
  "signature.cause": "signature",
  "tlog.entry": "log",
  "tlog.lookup": "log",
  "timestamp.token": "timestamp",
  "timestamp.required": "timestamp",
  "signature.age": "age",
  "freshness.mirror": "mirror",
  "x509.path": "chain",
  "x509.path-at-lookup": "chain",
  "x509.sct": "SCT",
  "content.digest": "payload",
  "content.predicate-type": "type",
  "attestation.type": "type",
  "attestation.conditions": "conditions",
  "validate.deny": "deny",
  "image.alias": "alias",
  "image.digest": "image",
  "image.tag": "image",
  "image.reference": "image",
  "image.required": "required",
  "question.blob": "content",
  "question.cluster": "cluster",
  "question.key": "key",
  "question.log-entry": "log",
  "question.manifest": "manifest",
  "question.referrers": "referrers",
  "question.tag": "tag",
  "question.trusted-root": "trust",
};

/** What a check is called in a tree. Documents have its own name. */
export const checkWords = (check: string): string => (Object.hasOwn(words, check) ? words[check] : undefined) ?? check;
