/** Evidence as the engine gives it, for tests of what is shown of it. */
import type { Evidence } from "../../../core/verify/evidence.ts";
import type { Candidate } from "../../../core/verify/verify-image.ts";

export const source: Candidate["source"] = {
  layout: "tag",
  digest: `sha256:${"a".repeat(64)}`,
  tag: "sha256-aa.sig",
  layer: 0,
};

export const keyEvidence: Evidence = {
  digest: "sha256:00",
  source,
  signer: { kind: "key", fingerprint: "f00d", algorithm: "ecdsa-sha256" },
  times: [],
  judgedNow: false,
  logEntries: [],
  certificateTransparency: [],
};

export const certificateEvidence: Evidence = {
  ...keyEvidence,
  signer: {
    kind: "certificate",
    fingerprint: "beef",
    algorithm: "ecdsa-sha256",
    subjects: ["https://github.com/acme/app/.github/workflows/rel.yml@refs/tags/v1"],
    issuer: "https://token.actions.githubusercontent.com",
    extensions: { githubWorkflowTrigger: "push", issuer: "https://token.actions.githubusercontent.com" },
    notBefore: "2026-10-02T08:14:02Z",
    notAfter: "2026-10-02T08:24:02Z",
    chain: ["beef", "cafe"],
  },
  times: [{ at: "2026-10-02T08:14:11Z", source: "rekor", authority: "c0d2" }],
  logEntries: [
    { logId: "c0d2", logIndex: "193422071", provenBy: ["set", "inclusion"], origin: "rekor.example", from: "carried" },
  ],
  certificateTransparency: [{ logId: "dd3d", at: "2026-10-02T08:14:02Z" }],
  trustedRoot: "sha256:6494",
};
