/**
 * The differential run: `node --import tsx test/conformance/differential/run.ts matrix` writes the cases down; `...
 * verdicts`, with the variables COSIGN and REGISTRY naming programs (cosign 3, and a registry that takes `-port`),
 * makes each, asks cosign and us, and writes the table of both.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startServer } from "../../make-fixtures/run-tool.ts";
import { projectRoot, tempFolder } from "../../support/temp-folder.ts";
import { bases } from "./bases.ts";
import { writeCase } from "./case-files.ts";
import { cosignVerdict } from "./cosign-verdict.ts";
import { type CaseRow, makeCase, makeMatrix } from "./matrix.ts";
import { ourVerdict } from "./our-verdict.ts";
import { reasonFor } from "./reasons.ts";
import type { VerdictRow } from "./verdicts.ts";

const folder = join(projectRoot, "test/fixtures/differential");
const port = 5391;
const lines = (rows: readonly object[]): string => `[\n${rows.map((row) => JSON.stringify(row)).join(",\n")}\n]\n`;

async function judge(row: CaseRow, index: number, cosign: string, registry: string): Promise<VerdictRow> {
  const signed = makeCase(row);
  const files = writeCase(row, signed, join(tempFolder(), "case"));
  const ours = await ourVerdict(signed, files);
  const words = [...files.words, ...(bases[row.base]?.cosign ?? [])];
  const theirs = await cosignVerdict(cosign, registry, `case-${index}`, signed, { ...files, words });
  const reason = ours.accepts === theirs.accepts ? undefined : reasonFor(row);
  return {
    id: row.id,
    cosign: theirs.accepts ? "accept" : "refuse",
    ours: ours.accepts ? "accept" : "refuse",
    ...(ours.code === undefined ? {} : { code: ours.code }),
    ...(theirs.error === undefined ? {} : { error: theirs.error }),
    ...(reason === undefined ? {} : { reason }),
  };
}

async function verdicts(): Promise<void> {
  const { COSIGN: cosign, REGISTRY: program } = process.env;
  if (cosign === undefined || program === undefined) throw new Error("COSIGN and REGISTRY name the programs");
  const rows = JSON.parse(readFileSync(join(folder, "matrix.json"), "utf8")) as CaseRow[];
  const registry = `http://127.0.0.1:${port}`;
  const server = await startServer(
    program,
    ["-port", `${port}`],
    `${registry}/v2/`,
    join(tempFolder(), "registry.log"),
  );
  try {
    const found: VerdictRow[] = [];
    for (let index = 0; index < rows.length; index += 4)
      found.push(
        ...(await Promise.all(
          rows.slice(index, index + 4).map((row, place) => judge(row, index + place, cosign, registry)),
        )),
      );
    writeFileSync(join(folder, "verdicts.json"), lines(found));
    const differ = found.filter(({ cosign: theirs, ours }) => theirs !== ours);
    process.stdout.write(
      `${found.length} cases, ${found.length - differ.length} same, ${differ.length} differ, ` +
        `${differ.filter(({ reason }) => reason === undefined).length} without reason\n`,
    );
    for (const { id, ours, code, error, reason } of differ)
      if (reason === undefined) process.stdout.write(`${id}: we ${ours} ${code ?? ""} | ${error ?? ""}\n`);
  } finally {
    server.kill();
  }
}

if (process.argv[2] === "matrix") writeFileSync(join(folder, "matrix.json"), lines(makeMatrix()));
else if (process.argv[2] === "verdicts") await verdicts();
else throw new Error("matrix or verdicts");
