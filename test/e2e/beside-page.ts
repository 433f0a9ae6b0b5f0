/** `docs/beside-kyverno.md`: what real Kyverno and `serve` decided of each scene, as the scenario saw it. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { BesideScene } from "./beside-scenes.ts";

const docs = fileURLToPath(new URL("../../docs/", import.meta.url));
export const besidePath = `${docs}beside-kyverno.md`;

/** What became of it. */
export type Verdict = "denied" | "admitted" | "admitted, by digest" | "nobody decided";

export interface Judged {
  readonly scene: BesideScene;
  readonly theirs: Verdict;
  readonly ours: Verdict;
}

export interface DifferenceRow {
  readonly kyverno: string;
  readonly why: string;
}

/** The rows of `docs/kyverno-differences.md`. */
export const differenceRows = (): readonly DifferenceRow[] =>
  readFileSync(`${docs}kyverno-differences.md`, "utf8")
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .map((line) => {
      const [kyverno = "", , why = ""] = line.slice(2, -2).split(" | ");
      return { kyverno, why };
    });

const rowOf = ({ differs }: BesideScene, rows: readonly DifferenceRow[]): DifferenceRow | undefined =>
  differs === undefined ? undefined : rows.find(({ kyverno }) => kyverno.startsWith(differs));

/** What is wrong with a judged scene, for a person. */
export function faultsOf({ scene, theirs, ours }: Judged, rows: readonly DifferenceRow[]): readonly string[] {
  const at = `${scene.policy}: ${scene.what}`;
  if (theirs === "nobody decided" || ours === "nobody decided") return [`${at}: nobody decided`];
  if (theirs === ours) return scene.differs === undefined ? [] : [`${at}: both say ${ours}: ${scene.differs}`];
  if (scene.differs === undefined) return [`${at}: ${theirs} by Kyverno, ${ours} by serve`];
  return rowOf(scene, rows) === undefined ? [`${at}: no row begins with ${scene.differs}`] : [];
}

const head = `# Beside real Kyverno

Real Kyverno 1.19 and \`serve\` decided the same scenes, one after the other, at the same API server: the same
policies in the cluster, the same registry, the same \`kubectl\`. Policies have the names that they have in
\`test/e2e/beside-policies.ts\`; most of them are the documentation's. *By digest* says that every image of what was
stored is pinned. A verdict of ours that differs is bold, and says why; [all differences](kyverno-differences.md) are on
a page of their own.

\`npm run e2e:cluster -- --with-kyverno "beside Kyverno"\` runs the scenes again, prints what both of them say in each,
and fails where a verdict differs that has no row there. It also writes this page.
`;

const tableHead = `| Policy | Scene | Kyverno 1.19 | Sallyport |
|---|---|---|---|
`;

/** The page, with its end of line. */
export function besidePage(judged: readonly Judged[], rows: readonly DifferenceRow[]): string {
  const lines = judged.map(({ scene, theirs, ours }) => {
    const why = rowOf(scene, rows)?.why;
    const last = theirs === ours ? ours : `**${ours}**: ${why ?? ""}`;
    return `| ${scene.policy} | ${scene.what} | ${theirs} | ${last} |`;
  });
  const differing = judged.filter(({ theirs, ours }) => theirs !== ours);
  const alike = `${judged.length - differing.length} of ${judged.length} verdicts are alike.`;
  const first = differing.map(
    ({ scene, theirs, ours }) => `- **${scene.policy}**, ${scene.what}. Kyverno: ${theirs}; here: ${ours}.`,
  );
  const counts = first.length === 0 ? alike : `${alike} These differ:\n\n${first.join("\n")}`;
  return `${head}\n${counts}\n\n${tableHead}${lines.join("\n")}\n`;
}
