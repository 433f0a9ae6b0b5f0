/**
 * `sallyport trust import`: a trusted_root.json that an operator vouches for, or a folder of TUF metadata that was
 * carried to this machine. Source: docs/spec/offline.md#crossing-the-gap, #time-and-freshness.
 */
import { type Command, Option } from "commander";
import { digestOf, isDigest } from "../../core/crypto/digest.ts";
import { EngineError } from "../../core/errors.ts";
import { parseTrustedRoot } from "../../core/trust/trusted-root.ts";
import type { TrustMode } from "../../core/trust/freshness.ts";
import { createTufVerifier } from "../../core/trust/tuf-verifier.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import type { CommandIO, Shell } from "../command.ts";
import type { ExitCode } from "../exit-code.ts";
import { orVariable } from "../environment.ts";
import { beginOf, fetchInto, storeTrust } from "../input/fetch-trust.ts";
import { asGiven, aTrustedRoot, usage } from "../input/given-file.ts";
import { addStoreOption, withMirror, withMirrorAsync } from "../input/store.ts";
import { defaultTrustName, readTrustSettings } from "../input/trust-flags.ts";
import { folderMirror } from "../input/tuf-folder.ts";
import { formOfFolder } from "../input/what-file.ts";
import { outputOption } from "../input/output-flag.ts";
import { isDocumentFormat, renderDocument } from "../render/document.ts";
import { renderRoot, toTrustsJson } from "../render/trust.ts";
import { notePin, renderChange, type UpdateOptions, warnMissed } from "./trust-update.ts";
import { fitLine, warn } from "../render/say.ts";
import { styleOf } from "../render/style.ts";

interface ImportOptions extends Omit<UpdateOptions, "timeout"> {
  readonly digest?: string;
  readonly trustMode?: TrustMode;
  readonly maxTrustAge?: string;
}

/** A pinned file. Only the operator vouches for it, so its digest can be required. */
function importFile(file: string, options: ImportOptions, io: CommandIO): ExitCode {
  if (options.digest !== undefined && !isDigest(options.digest))
    throw usage("--digest takes sha256: and 64 lower-case hexadecimal digits", options.digest);
  const bytes = io.readFile(file);
  const root = asGiven({ path: file, content: bytes, limits: io.limits }, aTrustedRoot, () =>
    parseTrustedRoot(bytes, io.limits),
  );
  if (options.digest !== undefined && options.digest !== digestOf(bytes))
    throw new EngineError("no-trust", `the trusted root is ${digestOf(bytes)}, expected ${options.digest}`, {
      subject: file,
      remedy: "vouched-file",
    });
  withMirror(options, io, "write", (mirror) =>
    mirror
      .writer()
      .pin({ kind: "trusted-root", name: options.name, bytes }, { at: io.now().toISOString(), from: file }),
  );
  const members = { name: options.name, digest: root.digest, from: file, trusts: toTrustsJson(root) };
  const head = fitLine(`pinned ${options.name} ${root.digest}`, io.width.out).join("\n");
  io.out(
    isDocumentFormat(options.output)
      ? renderDocument("TrustPin", members, options.output)
      : `${head}\n${renderRoot(root, styleOf(io))}`,
  );
  return 0;
}

/**
 * Metadata may have expired on the way. The mode and its budget say how long ago that may be, and nothing is stored
 * before that is checked.
 */
async function importFolder(folder: string, options: ImportOptions, io: CommandIO): Promise<ExitCode> {
  const form = formOfFolder(io.listFolder(folder));
  if (form !== undefined)
    throw new EngineError("invalid-usage", `${folder} is not a folder of TUF metadata: it is ${form.is}`, {
      subject: folder,
      remedy: form.remedy,
    });
  if (options.digest !== undefined)
    throw new EngineError("invalid-usage", "a folder of metadata is verified from a TUF root, not by a digest", {
      subject: "--digest",
    });
  return withMirrorAsync(options, io, "write", async (mirror) => {
    const begin = beginOf(options, mirror, io);
    const fetched = await fetchInto(mirror, folderMirror(folder, io), begin, "later", options.name);
    const { trustMode, maxTrustAge } = options;
    const settings = readTrustSettings(
      {
        trust: options.name,
        ...(trustMode === undefined ? {} : { trustMode }),
        ...(maxTrustAge === undefined ? {} : { maxTrustAge }),
      },
      io,
      {},
    );
    const verifier = createTufVerifier(
      { ...settings, initialRoots: { [options.name]: begin.initialRoot } },
      mirror.limits,
    );
    const { tuf } = verifier.verify(options.name, fetched.source, () => io.now(), nodeVerifier);
    storeTrust(mirror, fetched, begin, { kind: "trust import", name: options.name, from: folder }, io);
    io.out(renderChange("imported", { name: options.name, fetched, from: folder }, options.output));
    if (tuf.warning !== undefined) warn(`${options.name}: ${tuf.warning}`, io);
    warnMissed(options.name, fetched, io);
    notePin(options.name, mirror, io);
    return 0;
  });
}

export function defineImport(command: Command, { io, finish }: Shell): void {
  addStoreOption(command)
    .argument("<path>", "a trusted_root.json, or a folder copied from a TUF mirror")
    .option("--name <name>", "name of the trusted root; policies use public-good", defaultTrustName)
    .option("--digest <digest>", "required digest of a trusted_root.json, sha256:HEX")
    .option(
      "--root <file>",
      `for a folder: the TUF root to verify it from; it is pinned ${orVariable("SALLYPORT_TUF_ROOT")}`,
    )
    .option("--tufRoot <file>", "as --root")
    .option("--root-checksum <digest>", "required checksum of that root: sha256:HEX or sha512:HEX")
    .addOption(
      new Option("--trust-mode <mode>", "for a folder: how to treat expired metadata").choices(["enforce", "budget"]),
    )
    .option("--max-trust-age <span>", "for a folder: how long past expiry is accepted, such as 30d (default: 90d)")
    .addOption(outputOption())
    .addHelpText(
      "after",
      "\n" +
        "Examples:\n" +
        "  sallyport trust import trusted_root.json --digest sha256:… --store mirror\n" +
        "  sallyport trust import tuf/ --name corp --root root.json --store mirror\n",
    )
    .action(async (path: string, options: ImportOptions) =>
      finish(io.pathKind(path) === "folder" ? await importFolder(path, options, io) : importFile(path, options, io)),
    );
}
