/** Planted faults of what is remembered and kept: the memo, the mirror and layouts. */
import type { Fault } from "./fault.ts";

export const memoryFaults: readonly Fault[] = [
  {
    name: "memo-forgets-expectation",
    file: "core/verify/memo.ts",
    from: "return `${image.repository} ${image.digest} ${expectation.digest} ${where} ${what}`;",
    to: "return `${image.repository} ${image.digest} ${where} ${what}`;",
    signature: true,
  },
  {
    name: "memo-forgets-version",
    file: "core/verify/memo.ts",
    from: "if (held?.text === text) return held;",
    to: "if (held !== undefined) return held;",
  },
  {
    name: "memo-keeps-judged-now",
    file: "core/verify/memo.ts",
    from: "const lasts = !timeRead && ",
    to: "const lasts = ",
  },
  {
    name: "mirror-row-checksum",
    file: "proxy/mirror/answer-row.ts",
    from: "|| !hasChecksum(row.checksum, ...checkedColumns(row)))",
    to: "|| !(row.checksum instanceof Uint8Array))",
  },
  {
    name: "mirror-bytes-not-compared",
    file: "proxy/mirror/stored-bytes.ts",
    from: "if (!(bytes instanceof Uint8Array) || digestOf(bytes) !== digest)",
    to: 'if (!(bytes instanceof Uint8Array) || digest === "sha256:")',
  },
  {
    name: "mirror-adds-other-digest",
    file: "proxy/mirror/answer-writer.ts",
    from: "if (stated !== undefined && stated !== digest)",
    to: 'if (stated !== undefined && digest === "sha256:")',
  },
  {
    name: "blobs-are-complete",
    file: "core/oci/completeness.ts",
    from:
      'if (question.kind !== "tag" && question.kind !== "manifest" && question.kind !== ' + '"referrers") return [];',
    to: 'if (!("repository" in question)) return [];',
  },
  {
    name: "layout-left-out-is-absent",
    file: "proxy/archive/oci-layout.ts",
    from:
      'if (question.kind === "manifest" && ' +
      "this.repositories.get(question.repository)?.manifests.has(question.digest))",
    to: 'if (question.kind === "manifest" && this.repositories.get(question.repository) === ' + "undefined)",
  },
  {
    name: "layout-file-not-compared",
    file: "proxy/archive/layout-files.ts",
    from: '`sha256:${createHash("sha256").update(bytes).digest("hex")}` !== digest',
    to: '`sha256:${createHash("sha256").update(bytes).digest("hex")}` === ""',
  },
  {
    name: "outage-is-absence",
    file: "core/knowledge/ask.ts",
    from: 'if (answer !== undefined && answer.state !== "unavailable") return answer;',
    to:
      'if (answer !== undefined && answer.state !== "unavailable") return answer;\n' +
      '  if (answer !== undefined) return { state: "absent", at: answer.at, from: answer.from };',
  },
];
