/**
 * `sallyport trust update`, and cosign's `initialize`: fetches a trusted root from a TUF mirror into Sallyport's
 * mirror.
 * Source: TUF 1.0, docs/spec/sigstore.md#trust-initialisation.
 */
import type { Command } from "commander";
import { digestOf } from "../../core/crypto/digest.ts";
import { publicGoodMirror } from "../../core/trust/public-good.ts";
import type { Mirror } from "../../proxy/mirror/mirror.ts";
import { openUpstream } from "../../proxy/upstream/open-upstream.ts";
import type { CommandIO, Shell } from "../command.ts";
import { fromEnvironment, orVariable } from "../environment.ts";
import type { ExitCode } from "../exit-code.ts";
import {
  beginOf,
  type BeginOptions,
  type Fetched,
  fetchInto,
  heldTuf,
  openSource,
  storeTrust,
} from "../input/fetch-trust.ts";
import { usage } from "../input/given-file.ts";
import { addStoreOption, type StoreOptions, withMirrorAsync } from "../input/store.ts";
import { defaultTrustName, parseSpan } from "../input/trust-flags.ts";
import { visible } from "../render/escape.ts";
import { note, warn } from "../render/say.ts";
import { missedTargets } from "../render/missed-targets.ts";
import { type OutputOptions, outputOption } from "../input/output-flag.ts";
import { isDocumentFormat, renderDocument } from "../render/document.ts";

export interface UpdateOptions extends StoreOptions, OutputOptions, BeginOptions {
  readonly tufMirror?: string;
  readonly mirror?: string;
  readonly timeout: string;
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

/** Where trust is fetched from: the flag's mirror, else the variable's, else the last one used, else the public one. */
function placeOf(options: UpdateOptions, held: string | undefined, io: CommandIO): string {
  const place =
    options.tufMirror ??
    options.mirror ??
    fromEnvironment("SALLYPORT_TUF_MIRROR", io) ??
    held ??
    fromEnvironment("TUF_MIRROR", io) ??
    (options.name === defaultTrustName ? publicGoodMirror : undefined);
  if (place === undefined) throw usage("no TUF mirror is known: give --mirror URL", "--mirror");
  return place;
}

async function update(options: UpdateOptions, io: CommandIO): Promise<ExitCode> {
  const upstream = openUpstream({ env: io.env });
  try {
    return await withMirrorAsync(options, io, "write", async (mirror) => {
      const begin = beginOf(options, mirror, io);
      const timeoutMs = parseSpan(options.timeout, "--timeout");
      const { fetcher } = upstream;
      const from = openSource(placeOf(options, heldTuf(options.name, mirror)?.from, io), { fetcher, timeoutMs }, io);
      const fetched = await fetchInto(mirror, from, begin, io.now(), options.name);
      storeTrust(mirror, fetched, begin, { kind: "trust update", name: options.name, from: from.url }, io);
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
