/**
 * A sync for people and machines: a line or an event for each thing that happens, and the coverage report at the end.
 * Source: docs/spec/command-line.md#sync.
 */
import { questionText } from "../../core/knowledge/question.ts";
import { questionWords } from "../../core/knowledge/question-words.ts";
import { claimWords } from "../../core/knowledge/completeness-claim.ts";
import type { Coverage } from "../../proxy/sync/coverage.ts";
import type {
  CoveredImage,
  Drift,
  ImageStatus,
  SyncedImage,
  SyncEvent,
  SyncProblem,
  SyncReport,
} from "../../proxy/sync/sync-events.ts";
import type { CommandIO } from "../command.ts";
import { counted } from "./count.ts";
import { shortDigest, withShortDigests } from "./digest.ts";
import { visible, visibleLine } from "./escape.ts";
import { fitLine, say } from "./say.ts";
import { toSizeText } from "./size.ts";
import { renderColumns } from "./table.ts";

const problemWords = ({ subject, code, why }: SyncProblem): string =>
  `[${code}] ${why.includes(subject) ? why : `${subject}: ${why}`}`;

const driftWords = ({ before, after }: Drift): string =>
  `${shortDigest(before)} -> ${after === undefined ? "nothing" : shortDigest(after)}`;

function imageLine({ image, status, bytes, ms }: SyncedImage, done: number, total: number): string {
  const rate = toSizeText(Math.round((bytes * 1000) / Math.max(ms, 1)));
  const size = bytes === 0 ? "" : `, ${toSizeText(bytes)} at ${rate}/s`;
  return `${status} ${image}${size} (${done}/${total})`;
}

/** Lines on stderr, one for each thing that is done; or one JSON event a line. */
export function tellSync(event: SyncEvent, { asEvents, io }: { readonly asEvents: boolean; readonly io: CommandIO }) {
  if (asEvents) {
    io.err(`${JSON.stringify(toEventJson(event, io.now()))}\n`);
    return;
  }
  switch (event.event) {
    case "started":
      say(`${counted(event.images, "image")}${event.isDry ? ", a dry run: nothing is written" : ""}`, io);
      break;
    case "image":
      say(imageLine(event.image, event.done, event.total), io);
      for (const problem of event.image.problems.slice(0, mostProblems)) say(`  ${problemWords(problem)}`, io);
      break;
    case "drifted":
      say(`drifted ${event.image}: ${driftWords(event.drift)}`, io);
      break;
    case "claim-ended":
      say(`warning: no longer true: ${claimWords(event.claim)}`, io);
      break;
    case "not-kept":
      say(`warning: not kept in the mirror: ${event.subject}: ${event.why}`, io);
  }
}

/** Of one image, on the screen. All are in the document. */
const mostProblems = 3;

const toEventJson = (event: SyncEvent, at: Date): object => ({
  at: at.toISOString(),
  ...event,
  ...(event.event === "image" ? { image: toImageJson(event.image) } : {}),
});

const toImageJson = ({ image, from, digest, status, bytes, ms, drifted, problems }: SyncedImage) => ({
  image,
  listedAt: from,
  ...(digest === undefined ? {} : { digest }),
  status,
  bytes,
  milliseconds: ms,
  ...(drifted === undefined ? {} : { drifted }),
  problems: problems.map(toProblemMember),
});

const toProblemMember = ({ subject, code, why, from }: SyncProblem) => ({ subject, code, why, from });

const toCoverageJson = ({ verdict, isCovered, missing, reasons }: Coverage) => ({
  decision: verdict,
  covered: isCovered,
  missing: missing.map(questionText),
  reasons,
});

const countOf = (images: readonly SyncedImage[], status: ImageStatus): number =>
  images.filter((image) => image.status === status).length;

const summaryOf = ({ images, bytes }: SyncReport) => ({
  images: images.length,
  copied: countOf(images, "copied"),
  exists: countOf(images, "exists"),
  resumed: countOf(images, "resumed"),
  wanted: countOf(images, "wanted"),
  absent: countOf(images, "absent"),
  failed: countOf(images, "failed"),
  drifted: images.filter(({ drifted }) => drifted !== undefined).length,
  covered: images.filter(({ coverage }) => coverage.isCovered).length,
  bytes,
});

/** The members of the document `SyncReport`. */
export const toSyncJson = (report: SyncReport, exitCode: number) => ({
  exitCode,
  started: report.started,
  ended: report.ended,
  dryRun: report.wanted !== undefined,
  stopped: report.isStopped,
  summary: summaryOf(report),
  asked: report.asked,
  images: report.images.map((image) => ({ ...toImageJson(image), coverage: toCoverageJson(image.coverage) })),
  outages: report.outages.map(({ from, code, why, questions }) => ({ from, code, why, questions })),
  ...(report.wanted === undefined ? {} : { wanted: report.wanted }),
  complete: report.complete,
  withheld: report.withheld,
});

const decisionWords: Readonly<Record<Coverage["verdict"], string>> = {
  pass: "pass",
  fail: "fail",
  unknown: "unknown",
  none: "-",
  absent: "-",
};

const gapOf = ({ coverage, status }: CoveredImage): string => {
  if (status === "absent") return "no such image";
  if (coverage.missing.length > 0) return `${coverage.missing.length} missing`;
  const code = coverage.reasons.find((reason) => reason.code !== undefined)?.code;
  if (coverage.isCovered) return coverage.verdict === "fail" ? "as expected" : "-";
  return code ?? coverage.verdict;
};

/** The report for people: a table, below it what is missing, and the counts. */
export function renderSync(report: SyncReport, { width }: { readonly width: number }): string {
  const { images, outages, wanted, complete, withheld } = report;
  const rows = images.map((image) => [
    visibleLine(image.image),
    `${image.status}${image.drifted === undefined ? "" : ", drifted"}`,
    decisionWords[image.coverage.verdict],
    gapOf(image),
  ]);
  const table = renderColumns(["IMAGE", "SYNC", "DECISION", "GAP"], rows, { width });
  const lines: string[] = [];
  for (const image of images) {
    if (image.coverage.isCovered) continue;
    const { missing, reasons } = image.coverage;
    const all = [
      ...missing.map((question) => `missing: ${questionWords(question)}`),
      ...(missing.length > 0 ? [] : reasons.map(({ policy, rule, message }) => `${policy}.${rule}: ${message}`)),
    ];
    if (all.length === 0) continue;
    lines.push(visible(image.image));
    for (const text of [...new Set(all)].slice(0, mostProblems))
      lines.push(`  ${visible(withShortDigests(text, "…"))}`);
    if (all.length > mostProblems) lines.push(`  and ${all.length - mostProblems} more: -o json has them`);
  }
  for (const { from, code, why, questions } of outages)
    lines.push(
      code === "image-not-found"
        ? `${visible(from)} does not have what the list names: ${counted(questions, "question")}`
        : `${visible(from)} could not be asked: ${counted(questions, "question")}`,
      `  [${code}] ${visible(why)}`,
    );
  for (const { scope } of complete) lines.push(`complete for ${visible(scope)}`);
  for (const { scope, why } of withheld) lines.push(`not complete, ${visible(scope)}`, `  ${visible(why)}`);
  const { copied, exists, resumed, absent, failed, drifted, covered, ...more } = summaryOf(report);
  const asked = Object.values(report.asked).reduce((sum, count) => sum + count, 0);
  lines.push(
    `${counted(images.length, "image")}: ${wanted === undefined ? `${copied} copied, ` : `${more.wanted} to fetch, `}` +
      `${exists} exist, ${resumed} resumed, ${absent} absent, ${failed} failed; ${drifted} drifted`,
    `${covered} of ${counted(images.length, "image")} covered; ${toSizeText(report.bytes)} fetched, ` +
      `${counted(asked, "question")} asked`,
  );
  if (wanted !== undefined)
    lines.push(
      `dry run: ${counted(wanted.questions.length, "more question")} would be asked, and about ` +
        `${toSizeText(wanted.bytes)} fetched`,
    );
  if (report.isStopped) lines.push("stopped before all images were done: run it again to continue");
  return `${table}\n${lines
    .flatMap((line) => fitLine(line, width))
    .map((line) => `${line}\n`)
    .join("")}`;
}
