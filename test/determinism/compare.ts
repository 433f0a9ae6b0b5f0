/** What hosts decided, beside what the first one did. */
import type { JsonValue } from "../../core/encoding/json.ts";
import { firstDifference } from "../../core/record/first-difference.ts";
import type { Scene } from "./corpus.ts";
import type { Answered, Decided, Host } from "./hosts.ts";

export interface Compared {
  readonly host: string;
  readonly decisions: number;
  /** One text for each decision that is another: where both trees first differ. */
  readonly differences: readonly string[];
  readonly ms: number;
  /** What the host needs and is not here. */
  readonly missing?: string;
  /** Why it decided nothing. */
  readonly failed?: string;
}

const shown = (value: JsonValue | undefined): string =>
  value === undefined ? "nothing" : JSON.stringify(value).slice(0, 300);

/** Where two decisions first differ; undefined where their bytes are the same. */
export function differenceOf(name: string, expected: string, found: string | undefined): string | undefined {
  if (found === expected) return undefined;
  if (found === undefined) return `${name}: nothing was decided`;
  const where = firstDifference(JSON.parse(expected) as JsonValue, JSON.parse(found) as JsonValue);
  return where === undefined
    ? `${name}: the same values, written in another order`
    : `${name}: ${where.at}: ${shown(where.left)}, here ${shown(where.right)}`;
}

/**
 * Has every host decide. The first one says what is expected, and is never missing. `asked`: what each case is asked,
 * where that is more than one thing.
 */
export async function compareHosts(
  scenes: readonly Scene[],
  hosts: readonly Host[],
  tell: (host: string, ms: number) => void = () => undefined,
  asked: readonly string[] = [""],
): Promise<readonly Compared[]> {
  const names = scenes.flatMap(({ name, cases }) =>
    cases.flatMap((one) => asked.map((what) => `${name}, ${one.name}${what === "" ? "" : `, ${what}`}`)),
  );
  const compared: Compared[] = [];
  let expected: Decided | undefined;
  for (const host of hosts) {
    const began = performance.now();
    const decided = await decidedBy(host, scenes);
    const ms = Math.round(performance.now() - began);
    tell(host.name, ms);
    if ("missing" in decided || "failed" in decided) {
      compared.push({ host: host.name, decisions: 0, differences: [], ms, ...decided });
      continue;
    }
    expected ??= decided;
    const differences = names.flatMap((name, index) => {
      const found = differenceOf(name, expected?.[index] ?? "null", decided[index]);
      return found === undefined ? [] : [found];
    });
    compared.push({ host: host.name, decisions: decided.length, differences, ms });
  }
  return compared;
}

/** A host that breaks is a row that failed: the others are asked all the same. */
async function decidedBy(host: Host, scenes: readonly Scene[]): Promise<Answered | { readonly failed: string }> {
  try {
    return await host.decide(scenes);
  } catch (error) {
    return { failed: error instanceof Error ? error.message : String(error) };
  }
}

const isFailed = ({ failed, differences }: Compared): boolean => failed !== undefined || differences.length > 0;

/** Rows by what came of them. A host that is not here is skipped. */
export function countCompared(compared: readonly Compared[]) {
  const failed = compared.filter(isFailed).length;
  const skipped = compared.filter(({ missing }) => missing !== undefined).length;
  return { passed: compared.length - failed - skipped, failed, skipped };
}

/** The table, and below it each difference and each failure. */
export function renderCompared(compared: readonly Compared[]): string {
  const rows = [
    ["host", "decisions", "differences", "ms", ""],
    ...compared.map(({ host, decisions, differences, ms, missing, failed }) =>
      missing !== undefined
        ? [host, "-", "-", "-", `skipped: no ${missing}`]
        : failed !== undefined
          ? [host, "-", "-", String(ms), "failed"]
          : [
              host,
              String(decisions),
              String(differences.length),
              String(ms),
              differences.length === 0 ? "" : "differs",
            ],
    ),
  ];
  const width = Math.max(...rows.map(([host = ""]) => host.length));
  const table = rows.map(([host = "", decisions = "", differences = "", ms = "", said = ""]) =>
    `${host.padEnd(width)}${decisions.padStart(11)}${differences.padStart(13)}${ms.padStart(9)}  ${said}`.trimEnd(),
  );
  const told = compared.flatMap(({ host, differences, failed }) =>
    [...(failed === undefined ? [] : [failed.slice(0, 2000)]), ...differences.slice(0, 20)].map(
      (text) => `${host}: ${text}`,
    ),
  );
  return [...table, ...(told.length === 0 ? [] : ["", ...told]), ""].join("\n");
}
