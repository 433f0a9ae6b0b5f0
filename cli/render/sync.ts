/**
 * A sync for people and machines: a line or an event for each thing that happens, and the coverage report at the end.
 * Source: docs/spec/command-line.md#sync.
 */
import { questionText } from "../../core/knowledge/question.ts";
import { questionWords } from "../../core/knowledge/question-words.ts";
import { claimWords } from "../../core/knowledge/completeness-claim.ts";
import type { Coverage, CoverageReason } from "../../proxy/sync/coverage.ts";
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
import { type FixSettings, plainFix } from "./fix.ts";
import { visible, visibleLine } from "./escape.ts";
import { fitLine, say } from "./say.ts";
import { toSizeText } from "./size.ts";
import { fixesOf, fixOfOutage, isOfHost } from "./sync-fixes.ts";
import { renderColumns } from "./table.ts";

const problemWords = ({ subject, code, why }: SyncProblem): string =>
  `[${code}] ${why.includes(subject) ? why : `${subject}: ${why}`}`;

const driftWords = ({ before, after }: Drift): string =>
  `${shortDigest(before)} -> ${after === undefined ? "nothing" : shortDigest(after)}`;

function imageLine({ image, status, bytes, ms }: SyncedImage, done: number, total: number): string {
  const rate = toSizeText(Math.round((bytes * 1000) / Math.max(ms, 1)));
  // Manifests that a dry run read are no content that came.
  const size = bytes === 0 || status === "wanted" ? "" : `, ${toSizeText(bytes)} at ${rate}/s`;
  return `${status} ${image}${size} (${done}/${total})`;
}

interface Telling {
  readonly asEvents: boolean;
  readonly io: CommandIO;
}

/** Lines on stderr, one for each thing that is done; or one JSON event a line. A host's outage is told once. */
export function createSyncTeller(telling: Telling): (event: SyncEvent) => void {
  const told = new Set<string>();
  const isNew = (problem: SyncProblem): boolean => {
    const { from, code, why, subject } = problem;
    const key = isOfHost(code) && from !== "" ? `${from} ${code}` : `${from} ${code} ${subject} ${why}`;
    if (told.has(key)) return false;
    told.add(key);
    return true;
  };
  return (event) => tellSync(event, telling, isNew);
}

function tellSync(event: SyncEvent, { asEvents, io }: Telling, isNew: (problem: SyncProblem) => boolean): void {
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
      for (const problem of event.image.problems.filter(isNew).slice(0, mostProblems))
        say(`  ${problemWords(problem)}`, io);
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

export const toCoverageJson = ({ verdict, isCovered, isAsListed, missing, reasons }: Coverage) => ({
  decision: verdict,
  covered: isCovered,
  ...(isAsListed === undefined ? {} : { asListed: isAsListed }),
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
export const toSyncJson = (report: SyncReport, exitCode: number, settings: FixSettings) => ({
  exitCode,
  started: report.started,
  ended: report.ended,
  dryRun: report.wanted !== undefined,
  stopped: report.isStopped,
  summary: summaryOf(report),
  asked: report.asked,
  images: report.images.map((image) => ({
    ...toImageJson(image),
    coverage: toCoverageJson(image.coverage),
    fixes: fixesOf(image, settings, report.wanted !== undefined).map(plainFix),
  })),
  outages: report.outages.map((outage) => ({
    from: outage.from,
    code: outage.code,
    why: outage.why,
    questions: outage.questions,
    fix: plainFix(fixOfOutage(outage, settings)),
  })),
  ...(report.wanted === undefined ? {} : { wanted: report.wanted }),
  complete: report.complete,
  withheld: report.withheld,
});

export const decisionWords: Readonly<Record<Coverage["verdict"], string>> = {
  pass: "pass",
  fail: "fail",
  audit: "audit",
  unknown: "unknown",
  none: "-",
  absent: "-",
};

const gapOf = ({ coverage, status, problems }: CoveredImage, isDry: boolean): string => {
  if (status === "absent") return "no such image";
  if (isDry && problems.length === 0 && coverage.missing.length > 0) return "to fetch";
  if (coverage.isAsListed === false && coverage.isCovered) return "signed, unlike the list says";
  if (coverage.missing.length > 0) return `${coverage.missing.length} missing`;
  const code = coverage.reasons.find((reason) => reason.code !== undefined)?.code;
  if (coverage.verdict === "audit" && coverage.isAsListed !== true) return code ?? "reported";
  if (coverage.isCovered) return coverage.isAsListed === true ? "unsigned, as the list says" : "-";
  return code ?? coverage.verdict;
};

/** What only reports must not read like a denial. */
export const reasonText = ({ policy, rule, action, message }: CoverageReason): string =>
  `${action === "Audit" ? "reported, not denied: " : ""}${policy}.${rule}: ${message}`;

/** What is to be said about one image, without its name. */
function detailsOf(image: CoveredImage, isDry: boolean): readonly string[] {
  const { coverage, drifted, status, from, problems } = image;
  const { isCovered, isAsListed, missing, reasons, verdict } = coverage;
  const notes = [
    ...(drifted === undefined ? [] : [`drifted: ${driftWords(drifted)}`]),
    ...(status === "absent" ? ["[image-not-found] its registry says that there is no such image"] : []),
    ...(isAsListed === false ? [`it is signed, and ${from} says that nobody signs it`] : []),
  ];
  const isReported = verdict === "audit" && isAsListed !== true;
  if ((isCovered && !isReported) || status === "absent") return notes;
  if (isDry && problems.length === 0 && missing.length > 0) return notes;
  const gaps = [
    ...missing.map((question) => `missing: ${questionWords(question)}`),
    ...(missing.length > 0 ? [] : reasons.map(reasonText)),
  ];
  const all = [...new Set(gaps)];
  const more = all.length > mostProblems ? [`and ${all.length - mostProblems} more: -o json has them`] : [];
  return [...notes, ...all.slice(0, mostProblems), ...more];
}

interface RenderSettings extends FixSettings {
  readonly width: number;
}

/** The report for people: a table, below it what is missing and what to do, and the counts. */
export function renderSync(report: SyncReport, { width, ...settings }: RenderSettings): string {
  const { images, outages, wanted, complete, withheld } = report;
  const isDry = wanted !== undefined;
  const rows = images.map((image) => [
    visibleLine(image.image),
    `${image.status}${image.drifted === undefined ? "" : ", drifted"}`,
    decisionWords[image.coverage.verdict],
    gapOf(image, isDry),
  ]);
  const table = renderColumns(["IMAGE", "SYNC", "DECISION", "GAP"], rows, { width });
  const lines: string[] = [];
  for (const image of images) {
    const details = detailsOf(image, isDry);
    if (details.length === 0) continue;
    lines.push(visible(image.image), ...details.map((text) => `  ${visible(withShortDigests(text, "…"))}`));
    for (const fix of fixesOf(image, settings, isDry)) lines.push(`  fix: ${visible(fix)}`);
  }
  for (const outage of outages) {
    const { from, code, why, questions } = outage;
    const isAnswer = code === "image-not-found";
    lines.push(
      isAnswer
        ? `${visible(from)} does not have what the list names: ${counted(questions, "question")}`
        : `${visible(from)} could not be asked: ${counted(questions, "question")}`,
      `  [${code}] ${visible(why)}`,
      `  fix: ${visible(fixOfOutage(outage, settings))}`,
    );
    if (!isAnswer && !isDry)
      lines.push("  what the mirror has of it is as it was; the decisions above are made from that");
  }
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
    .flatMap((line) => fitLine(line, width, { commands: line.startsWith("  fix: ") }))
    .map((line) => `${line}\n`)
    .join("")}`;
}
