#!/usr/bin/env node
/**
 * The client that the TUF conformance suite runs: `--metadata-dir DIR init ROOT`, `--metadata-dir DIR --metadata-url
 * URL refresh`, and `download` with `--target-name`, `--target-base-url`, `--target-dir`; exit code 0 or 1. Source:
 * tuf-conformance (the client's command line).
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { EngineError } from "../core/errors.ts";
import { withHeldFloors } from "../core/tuf/held-floors.ts";
import { matchListed, type TargetFile } from "../core/tuf/listed-file.ts";
import type { TrustedSet } from "../core/tuf/trusted-set.ts";
import { trustInitialRoot } from "../core/tuf/update-root.ts";
import { nodeVerifier } from "../proxy/host/node-verifier.ts";
import { makeFolder } from "../proxy/make-folder.ts";
import { replaceFile } from "../proxy/synced.ts";
import { MetadataFolder } from "../proxy/upstream/tuf/metadata-folder.ts";
import { openUpstream } from "../proxy/upstream/open-upstream.ts";
import { openTufMirror } from "../proxy/upstream/tuf/fetch-files.ts";
import { fetchTarget, lookUpTarget, quoteRole, refresh, type TufUpdate } from "../proxy/upstream/tuf/update.ts";
import { collect } from "./command.ts";
import { defaultLimits, type Limits } from "../core/limits.ts";

interface Options {
  readonly metadataDir: string;
  readonly metadataUrl?: string;
  readonly targetName?: readonly string[];
  readonly targetBaseUrl?: string;
  readonly targetDir?: string;
}

const { fetcher } = openUpstream({ env: process.env });

/** @throws EngineError `invalid-usage` */
function needed(value: string | undefined, flag: string): string {
  if (value === undefined) throw new EngineError("invalid-usage", `${flag} is missing`, { subject: flag });
  return value;
}

function init(root: string, { metadataDir }: Options, limits: Limits): void {
  const bytes = new Uint8Array(readFileSync(root));
  trustInitialRoot(bytes, nodeVerifier, limits);
  new MetadataFolder(metadataDir, limits).write("root", bytes);
}

async function refreshMetadata(
  { metadataDir, metadataUrl }: Options,
  limits: Limits,
): Promise<{ readonly set: TrustedSet; readonly update: TufUpdate }> {
  const held = new MetadataFolder(metadataDir, limits);
  const mirror = openTufMirror(needed(metadataUrl, "--metadata-url"), { fetcher });
  const update = { mirror, held, now: new Date() };
  const trusted = withHeldFloors(trustInitialRoot(held.root(), nodeVerifier, limits), {
    timestamp: held.read("timestamp"),
    snapshot: held.read("snapshot"),
  });
  return { set: await refresh(trusted, update), update };
}

async function download(options: Options, limits: Limits): Promise<void> {
  const folder = needed(options.targetDir, "--target-dir");
  const mirror = openTufMirror(needed(options.targetBaseUrl, "--target-base-url"), { fetcher });
  const names = options.targetName ?? [];
  if (names.length === 0)
    throw new EngineError("invalid-usage", "--target-name is missing", { subject: "--target-name" });
  const { update, ...refreshed } = await refreshMetadata(options, limits);
  let { set } = refreshed;
  makeFolder(folder);
  for (const name of names) {
    const found = await lookUpTarget(set, name, update);
    set = found.set;
    // A target's path becomes one file name, so that it cannot leave the folder.
    const file = join(folder, quoteRole(name));
    if (!isThere(file, found.target)) replaceFile(file, await fetchTarget(set, found.target, mirror, limits.blobBytes));
  }
}

const isThere = (file: string, target: TargetFile): boolean =>
  existsSync(file) && matchListed(new Uint8Array(readFileSync(file)), target);

/** Runs to its end, and says on stderr why it failed. */
async function run(act: () => void | Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    process.stderr.write(
      `${error instanceof EngineError ? `[${error.code}] ${error.subject ?? ""}: ${error.message}` : String(error)}\n`,
    );
    process.exitCode = 1;
  }
}

const program = new Command("tuf-conformance")
  .description("client of the TUF conformance suite")
  .requiredOption("--metadata-dir <dir>", "where metadata is kept")
  .option("--metadata-url <url>", "where metadata is served")
  .option("--target-name <path>", "the target (repeatable)", collect)
  .option("--target-base-url <url>", "where targets are served")
  .option("--target-dir <dir>", "where targets are kept");
program
  .command("init")
  .argument("<root>", "the root to begin with")
  .action((root: string) => run(() => init(root, program.opts(), defaultLimits)));
program.command("refresh").action(() => run(async () => void (await refreshMetadata(program.opts(), defaultLimits))));
program.command("download").action(() => run(() => download(program.opts(), defaultLimits)));
await program.parseAsync();
