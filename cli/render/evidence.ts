/**
 * The evidence for or against a signature, as nodes of a tree. Source: docs/spec/command-line.md#explaining-a-decision.
 */
import { codeRow } from "../../core/errors.ts";
import { type CompletenessClaim, claimWords } from "../../core/knowledge/completeness-claim.ts";
import { plainHostsIn } from "../../core/knowledge/plain-source.ts";
import { questionText, type Question } from "../../core/knowledge/question.ts";
import { unaskedWords } from "../../core/knowledge/question-words.ts";
import type { Failure } from "../../core/verdict.ts";
import type { Evidence } from "../../core/verify/evidence.ts";
import type { Candidate } from "../../core/verify/verify-image.ts";
import { checkWords } from "./check-words.ts";
import type { Mark } from "./style.ts";
import { toTimeText } from "./time.ts";
import type { TreeNode } from "./tree.ts";

const leaf = (mark: Mark, label: string, text: string, children: readonly TreeNode[] = []): TreeNode => ({
  mark,
  label,
  text,
  ...(children.length > 0 ? { children } : {}),
});

const layouts: Readonly<Record<Candidate["source"]["layout"], string>> = {
  tag: "cosign tag",
  artifact: "artifact referrer",
  bundle: "bundle referrer",
  file: "bundle file",
};

/** Where a candidate was read. */
export function sourceText({ layout, tag, manifest, digest, layer }: Candidate["source"]): string {
  const place = tag ?? manifest ?? digest;
  return `${layouts[layout]} ${place}${layer === undefined ? "" : ` layer ${layer}`}`;
}

function signerNode({ signer }: Evidence): TreeNode {
  if (signer.kind === "key") return leaf("pass", "key", `${signer.fingerprint} (${signer.algorithm})`);
  return leaf("pass", "certificate", `${signer.fingerprint} (${signer.algorithm})`, [
    leaf("pass", "chain", `${signer.chain.length} certificates to ${signer.chain.at(-1) ?? signer.fingerprint}`),
    leaf("pass", "validity", `${signer.notBefore} to ${signer.notAfter}`),
    ...signer.subjects.map((subject) => leaf("pass", "subject", subject)),
    ...(signer.issuer === undefined ? [] : [leaf("pass", "issuer", signer.issuer)]),
    ...Object.entries(signer.extensions)
      .filter(([, value]) => value !== signer.issuer)
      .map(([name, value]) => leaf("pass", name, value)),
  ]);
}

/** The trusted root that was used, and the chain of metadata that vouches for it. */
export function trustText({ trustedRoot = "", tuf }: Evidence): string {
  const root = `trusted root sha256:${trustedRoot.replace(/^sha256:/, "")}`;
  if (tuf === undefined) return root;
  const { root: rootVersion, timestamp, snapshot, ...targets } = tuf.versions;
  const roles = [
    ...Object.entries(targets).reverse(),
    ["snapshot", snapshot],
    ["timestamp", timestamp],
    ["root", rootVersion],
  ] as const;
  return (
    `${root} ← ${roles.map(([role, version]) => `${role} v${version}`).join(" ← ")} (from root ` +
    `v${tuf.initialRoot})`
  );
}

function trustNode(evidence: Evidence): TreeNode {
  if (evidence.trustedRoot === undefined) return leaf("skip", "trust", "no trusted root was needed");
  const { tuf } = evidence;
  if (tuf === undefined) return leaf("pass", "trust", trustText(evidence));
  const { role, at } = tuf.expires;
  const freshness =
    tuf.warning === undefined
      ? leaf("pass", "freshness", `mode ${tuf.mode}; ${role} expires first, at ${at}`)
      : leaf("warning", "freshness", tuf.warning);
  return leaf("pass", "trust", trustText(evidence), [freshness]);
}

const proofs = { set: "signed entry timestamp", inclusion: "inclusion and checkpoint" };
const origins = { carried: "carried by the signature", asked: "asked of the log" };

/** The proof of one signature, step by step. */
export function evidenceNodes(evidence: Evidence, now: Date): readonly TreeNode[] {
  return [
    leaf("pass", "payload", `names ${evidence.digest}`),
    signerNode(evidence),
    ...evidence.times.map(({ at, source, authority }) =>
      leaf("pass", "time", `${toTimeText(new Date(at), now)} by ${source} ${authority}`),
    ),
    ...(evidence.judgedNow
      ? [leaf("warning", "time", "no signed time: the certificate was judged at the time of the decision")]
      : []),
    ...evidence.certificateTransparency.map(({ logId, at }) => leaf("pass", "SCT", `log ${logId}, ${at}`)),
    ...evidence.logEntries.map((entry) =>
      leaf("pass", "log", `${entry.origin ?? entry.logId} #${entry.logIndex}`, [
        leaf("pass", "proof", `${entry.provenBy.map((kind) => proofs[kind]).join(", ")}; ${origins[entry.from]}`),
      ]),
    ),
    ...(evidence.statement === undefined ? [] : [leaf("pass", "statement", evidence.statement.predicateType)]),
    trustNode(evidence),
  ];
}

/** A failure as a node: the check, the code, the reason. */
export function failureNode({ check, code, reason, subject }: Failure): TreeNode {
  const mark: Mark = codeRow(code).truth === "refuted" ? "fail" : "unknown";
  return {
    mark,
    label: checkWords(check),
    text: `[${code}] ${reason}`,
    ...(subject === undefined || reason.includes(subject) ? {} : { children: [leaf("skip", "about", subject)] }),
  };
}

/** The claim by which it is known that there is nothing else. */
export const claimNode = (claim: CompletenessClaim): TreeNode => leaf("pass", "no others", claimWords(claim));

/**
 * Who said something without TLS, where anybody on the way may have said something else. Content has its digest, and
 * needs no TLS.
 */
export const plainNodes = (label: string, source: string): readonly TreeNode[] =>
  plainHostsIn(source).map((host) => leaf("skip", label, `said by ${host} without TLS`));

/** One signature that was checked. */
export function candidateNode({ source, verification }: Candidate, index: number, count: number, now: Date): TreeNode {
  const label = `signature ${index + 1}/${count}`;
  if (verification.truth === "proven")
    return leaf("pass", label, sourceText(source), evidenceNodes(verification.evidence, now));
  return leaf(
    verification.truth === "refuted" ? "fail" : "unknown",
    label,
    sourceText(source),
    verification.failures.map(failureNode),
  );
}

/** Questions without an answer that no failure tells of. */
export function openNodes(open: readonly Question[], failures: readonly Failure[]): readonly TreeNode[] {
  const told = new Set(failures.flatMap(({ question }) => (question === undefined ? [] : [questionText(question)])));
  const untold = open.filter((question) => !told.has(questionText(question)));
  return [...new Set(untold.map(unaskedWords))].map((text) => leaf("unknown", "open", text));
}
