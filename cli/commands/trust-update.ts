/**
 * `sallyport trust update`, and cosign's `initialize`: fetches a trusted root from a TUF mirror into Sallyport's
 * mirror.
 * Source: TUF 1.0, docs/spec/sigstore.md#trust-initialisation.
 */
import type { Command } from "commander";
import { digest, digestOf, isHashName } from "../../core/crypto/digest.ts";
import { encodeHex } from "../../core/encoding/hex.ts";
import { codeRow, EngineError } from "../../core/errors.ts";
import { publicGoodMirror, publicGoodRoot } from "../../core/trust/public-good.ts";
import type { TufSource } from "../../core/trust/resolve-trust.ts";
import { wrongMetadata } from "../../core/trust/tuf-verifier.ts";
import { trustInitialRoot } from "../../core/tuf/update-root.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import type { Mirror } from "../../proxy/mirror/mirror.ts";
import { fetchTrust } from "../../proxy/upstream/tuf/trusted-root-source.ts";
import { openUpstream, type Upstream } from "../../proxy/upstream/open-upstream.ts";
import type { MissedTarget } from "../../proxy/upstream/tuf/other-targets.ts";
import { openTufMirror, type TufMirror } from "../../proxy/upstream/tuf/fetch-files.ts";
import type { CommandIO, Shell } from "../command.ts";
import { fromEnvironment, orVariable } from "../environment.ts";
import type { ExitCode } from "../exit-code.ts";
import { addStoreOption, type StoreOptions, withMirrorAsync } from "../input/store.ts";
import { defaultTrustName, parseSpan, readTufRoot } from "../input/trust-flags.ts";
import { folderMirror } from "../input/tuf-folder.ts";
import { visible } from "../render/escape.ts";
import { note, warn } from "../render/say.ts";
import { missedTargets } from "../render/missed-targets.ts";
import { type OutputOptions, outputOption } from "../input/output-flag.ts";
import { isDocumentFormat, renderDocument } from "../render/document.ts";

export interface UpdateOptions extends StoreOptions, OutputOptions {
  readonly name: string;
  readonly tufMirror?: string;
  readonly mirror?: string;
  readonly tufRoot?: string;
  readonly root?: string;
  readonly rootChecksum?: string;
  readonly timeout: string;
}

/** Wrong metadata is a trust failure, whatever its code: exit code 3. Outages keep their codes. */
async function asTrustProblem<T>(name: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof EngineError) || (codeRow(error.code).truth !== "refuted" && error.code !== "unsupported"))
      throw error;
    throw wrongMetadata(name, error);
  }
}

/** @throws EngineError `invalid-usage` when the digest differs. */
function checkRoot(bytes: Uint8Array, checksum: string | undefined): Uint8Array {
  if (checksum === undefined) return bytes;
  const [, algorithm, wanted] = /^(sha256|sha512):([0-9a-f]+)$/.exec(checksum) ?? [];
  if (algorithm === undefined || !isHashName(algorithm) || wanted?.length !== (algorithm === "sha256" ? 64 : 128))
    throw new EngineError("invalid-usage", "write a checksum as sha256:HEX or sha512:HEX", { subject: checksum });
  const found = encodeHex(digest(algorithm, bytes));
  if (found !== wanted)
    throw new EngineError("invalid-usage", `the root has the checksum ${algorithm}:${found}`, {
      subject: checksum,
      remedy: "vouched-file",
    });
  return bytes;
}

export interface Begin {
  readonly initialRoot: Uint8Array;
  /** The operator gave it in this call, so it is pinned. */
  readonly isNew: boolean;
}

/** Where trust begins: the flag's root, else the mirror's pinned one, else the built-in one. */
export function beginOf(
  options: Pick<UpdateOptions, "name" | "tufRoot" | "root" | "rootChecksum">,
  mirror: Mirror,
  io: CommandIO,
): Begin {
  const file = options.tufRoot ?? options.root ?? fromEnvironment("SALLYPORT_TUF_ROOT", io);
  if (file !== undefined) {
    const bytes = checkRoot(readTufRoot(file, io), options.rootChecksum);
    trustInitialRoot(bytes, nodeVerifier, mirror.limits);
    return { initialRoot: bytes, isNew: true };
  }
  const pinned = mirror.knowledge().tufRoots();
  const held = Object.hasOwn(pinned, options.name) ? pinned[options.name] : undefined;
  if (held !== undefined) return { initialRoot: held, isNew: false };
  if (options.name === defaultTrustName) return { initialRoot: publicGoodRoot(), isNew: false };
  throw new EngineError("no-trust", "no TUF root is known under this name: give --root FILE", {
    subject: options.name,
  });
}

/** The metadata that the mirror holds under the name, even if a pin hides it. */
function heldTuf(name: string, mirror: Mirror): { readonly source: TufSource; readonly from: string } | undefined {
  const answer = mirror.knowledge().recorded({ kind: "trusted-root", name });
  return answer?.state === "present" && answer.value.form === "tuf"
    ? { source: answer.value, from: answer.from }
    : undefined;
}

export interface Fetched {
  readonly source: TufSource;
  readonly before: TufSource | undefined;
  /** Other targets that are listed and could not be had. */
  readonly missed: readonly MissedTarget[];
}

/** Fetches, and stores what was verified: metadata, floors, and the root of the flag. */
export async function fetchInto(
  mirror: Mirror,
  from: TufMirror,
  begin: Begin,
  at: Date | "later",
  name: string,
): Promise<Fetched> {
  const held = heldTuf(name, mirror)?.source;
  const missed: MissedTarget[] = [];
  const source = await asTrustProblem(name, () =>
    fetchTrust({
      mirror: from,
      initialRoot: begin.initialRoot,
      held,
      heldTarget: (path) => mirror.knowledge().tufTarget(name, path),
      missed: (targets) => missed.push(...targets),
      now: at,
      verifier: nodeVerifier,
      limits: mirror.limits,
    }),
  );
  return { source, before: held, missed };
}

export function store(
  mirror: Mirror,
  { source }: Fetched,
  begin: Begin,
  kind: "trust update" | "trust import",
  name: string,
  from: string,
  io: CommandIO,
): void {
  const origin = { at: io.now().toISOString(), from };
  mirror.writer().transaction(() => {
    if (begin.isNew) mirror.writer().pin({ kind: "tuf-root", name, bytes: begin.initialRoot }, origin);
    mirror.writer().setAnswer({ kind: "trusted-root", name }, { state: "present", value: source, ...origin });
    mirror.log.addRun({
      kind,
      started: origin.at,
      ended: origin.at,
      from,
      summary: { name, versions: { ...source.floors }, trustedRoot: digestOf(source.target) },
    });
  });
}

/** Versions before and now, and whether the trusted root changed. */
function changeOf(name: string, { source, before, missed }: Fetched, from: string) {
  const { root = "", timestamp = "", snapshot = "", targets = "", ...delegated } = source.floors ?? {};
  return {
    name,
    from,
    roles: Object.entries({ root, timestamp, snapshot, targets, ...delegated }).map(([role, version]) => {
      const old = before?.floors?.[role];
      return { role, version, ...(old === undefined ? {} : { before: old }) };
    }),
    trustedRoot: digestOf(source.target),
    ...(before === undefined ? {} : { before: digestOf(before.target) }),
    otherTargets: (source.otherTargets ?? []).map(({ path, bytes }) => ({ path, digest: digestOf(bytes) })),
    missing: missed.map(({ path, error: { code, message } }) => ({ path, code, message })),
  };
}

/** What an update or an import changed. `verb` is what was done. */
export function renderChange(
  verb: "updated" | "imported",
  { name, fetched, from }: { readonly name: string; readonly fetched: Fetched; readonly from: string },
  output: OutputOptions["output"],
): string {
  const change = changeOf(name, fetched, from);
  if (isDocumentFormat(output)) return renderDocument("TrustUpdate", change, output);
  const { roles, trustedRoot, before, otherTargets } = change;
  const versions = roles.map(({ role, version, before: old }) => {
    const was = old === undefined || old === version ? "" : `, before ${old}`;
    return `  ${visible(role).padEnd(18)} ${version}${was}\n`;
  });
  const since = before === undefined ? "" : before === trustedRoot ? ", as before" : `, before ${before}`;
  const others = otherTargets.length === 0 ? "" : `  other targets      ${otherTargets.length}\n`;
  return `${verb} from ${from}\n${name}\n${versions.join("")}  trusted root       ${trustedRoot}${since}\n${others}`;
}

/** What the repository lists and the mirror has not. The trusted root does not need it. */
export function warnMissed(name: string, { missed }: Fetched, io: CommandIO): void {
  if (missed.length > 0) warn(missedTargets(name, missed), io);
}

/** A pin wins over fetched metadata, so the user is told. */
export function notePin(name: string, mirror: Mirror, io: CommandIO): void {
  const answer = mirror.knowledge().answer({ kind: "trusted-root", name });
  if (answer?.state === "present" && answer.value.form === "pinned")
    note(
      `${name} is pinned from ${answer.from}, and the pin wins; sallyport trust unpin --name ${name} removes it`,
      io,
    );
}

function openSource(options: UpdateOptions, held: string | undefined, { fetcher }: Upstream, io: CommandIO): TufMirror {
  const url =
    options.tufMirror ??
    options.mirror ??
    fromEnvironment("SALLYPORT_TUF_MIRROR", io) ??
    held ??
    fromEnvironment("TUF_MIRROR", io);
  const wanted = url ?? (options.name === defaultTrustName ? publicGoodMirror : undefined);
  if (wanted === undefined)
    throw new EngineError("invalid-usage", "no TUF mirror is known: give --mirror URL", { subject: "--mirror" });
  return /^(?:https?|file):\/\//.test(wanted)
    ? openTufMirror(wanted, { fetcher, timeoutMs: parseSpan(options.timeout, "--timeout") })
    : folderMirror(wanted, io);
}

async function update(options: UpdateOptions, io: CommandIO): Promise<ExitCode> {
  const upstream = openUpstream({ env: io.env });
  try {
    return await withMirrorAsync(options, io, "write", async (mirror) => {
      const begin = beginOf(options, mirror, io);
      const from = openSource(options, heldTuf(options.name, mirror)?.from, upstream, io);
      const fetched = await fetchInto(mirror, from, begin, io.now(), options.name);
      store(mirror, fetched, begin, "trust update", options.name, from.url, io);
      io.out(renderChange("updated", { name: options.name, fetched, from: from.url }, options.output));
      warnMissed(options.name, fetched, io);
      notePin(options.name, mirror, io);
      return 0;
    });
  } finally {
    await upstream.close();
  }
}

export function defineUpdate(command: Command, { io, finish }: Shell): void {
  addStoreOption(command)
    .option("--name <name>", "name of the trusted root", defaultTrustName)
    .option(
      "--mirror <url>",
      `the TUF mirror: a URL or a folder (default: the last one used) ${orVariable("SALLYPORT_TUF_MIRROR")}`,
    )
    .option("--tufMirror <url>", "as --mirror")
    .option("--root <file>", `the TUF root to start from; it is pinned ${orVariable("SALLYPORT_TUF_ROOT")}`)
    .option("--tufRoot <file>", "as --root")
    .option("--root-checksum <digest>", "required checksum of the root: sha256:HEX or sha512:HEX")
    .option("--timeout <span>", "timeout for one file", "30s")
    .addOption(outputOption())
    .addHelpText(
      "after",
      "\n" +
        "Examples:\n" +
        "  sallyport trust update --store mirror\n" +
        "  sallyport trust update --name corp --mirror https://tuf.corp.example --root root.json --store " +
        "mirror\n\n" +
        "Exit codes: 0 updated, 3 the metadata is expired, older than before or wrong, 5 the mirror cannot be " +
        "reached\n",
    )
    .action(async (options: UpdateOptions) => finish(await update(options, io)));
}
