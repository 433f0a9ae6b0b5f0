/** `sallyport trust`: the trusted roots of the mirror: show, update, import, make. */
import type { Command } from "commander";
import { EngineError } from "../../core/errors.ts";
import { resolveTrust } from "../../core/trust/resolve-trust.ts";
import { parseTrustedRoot, type TrustedRoot } from "../../core/trust/trusted-root.ts";
import { createTufVerifier } from "../../core/trust/tuf-verifier.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import type { CommandIO, Shell } from "../command.ts";
import type { ExitCode } from "../exit-code.ts";
import { asGiven, aTrustedRoot } from "../input/given-file.ts";
import { addStoreOption, type StoreOptions, withMirror } from "../input/store.ts";
import { defaultTrustName, readTrustSettings } from "../input/trust-flags.ts";
import type { StoredPin } from "../../proxy/mirror/pins.ts";
import { type OutputOptions, outputOption } from "../input/output-flag.ts";
import { isDocumentFormat, renderDocument } from "../render/document.ts";
import { visibleLine } from "../render/escape.ts";
import { toUtcText } from "../render/time.ts";
import { renderRoot, toTrustsJson } from "../render/trust.ts";
import { defineCreate } from "./trust-create.ts";
import { defineImport } from "./trust-import.ts";
import { defineStatus } from "./trust-status.ts";
import { defineUpdate } from "./trust-update.ts";
import { styleOf } from "../render/style.ts";

interface NameOptions extends StoreOptions {
  readonly name: string;
}

interface NamedOptions extends NameOptions, OutputOptions {}

interface Shown {
  readonly root: TrustedRoot;
  readonly from: string;
  readonly at?: string;
}

/** The root of the file, or the one that the mirror holds under the name. */
function readRoot(file: string | undefined, { name, ...options }: NamedOptions, io: CommandIO): Shown {
  if (file !== undefined) {
    const bytes = io.readFile(file);
    return {
      root: asGiven({ path: file, content: bytes, limits: io.limits }, aTrustedRoot, () =>
        parseTrustedRoot(bytes, io.limits),
      ),
      from: file,
    };
  }
  return withMirror(options, io, "read", (mirror) => {
    const answer = mirror.knowledge().answer({ kind: "trusted-root", name });
    if (answer?.state !== "present")
      throw new EngineError("no-trust", "the mirror holds no trusted root of this name", { subject: name });
    const tuf = createTufVerifier(readTrustSettings({ trust: name }, io, mirror.knowledge().tufRoots()), mirror.limits);
    const { bytes } = resolveTrust(answer.value, { name, now: () => io.now(), verifier: nodeVerifier, tuf });
    return { root: parseTrustedRoot(bytes, mirror.limits), from: answer.from, at: answer.at };
  });
}

function show(file: string | undefined, options: NamedOptions, io: CommandIO): ExitCode {
  const { root, from, at } = readRoot(file, options, io);
  if (isDocumentFormat(options.output)) {
    const members = { digest: root.digest, from, at, trusts: toTrustsJson(root) };
    io.out(renderDocument("TrustedRoot", members, options.output));
    return 0;
  }
  io.out(
    `trusted root ${root.digest}\n` +
      `  from ${visibleLine(from)}${at === undefined ? "" : `, received ${toUtcText(new Date(at))}`}\n` +
      `${renderRoot(root, styleOf(io))}`,
  );
  return 0;
}

/** Removes an operator's pin: metadata fetched under the name counts again. */
function unpin(options: NamedOptions, io: CommandIO): ExitCode {
  const { output } = options;
  const removed = withMirror(options, io, "write", (mirror) => {
    const isPin = ({ kind, name }: StoredPin): boolean => kind === "trusted-root" && name === options.name;
    const pins = mirror.knowledge().pins().filter(isPin);
    const answer = mirror.knowledge().answer({ kind: "trusted-root", name: options.name });
    if (answer?.state !== "present" || answer.value.form !== "pinned")
      throw new EngineError("invalid-usage", "no trusted root is pinned under this name", { subject: options.name });
    mirror.writer().unpin("trusted-root", options.name);
    return pins.map(({ bytes: _, ...pin }) => pin);
  });
  io.out(isDocumentFormat(output) ? renderDocument("PinRemoval", { removed }, output) : `unpinned ${options.name}\n`);
  return 0;
}

export function define(command: Command, shell: Shell): void {
  const { io, finish } = shell;
  defineStatus(
    command.command("status").description("show versions, expiries and ages of the mirror's trusted roots"),
    shell,
  );
  defineUpdate(
    command.command("update").description("fetch a trusted root from its TUF mirror into the mirror"),
    shell,
  );
  defineImport(
    command.command("import").description("pin a trusted_root.json in the mirror, or import a folder of TUF metadata"),
    shell,
  );
  defineCreate(
    command.command("create").description("make a trusted_root.json, with the flags of cosign trusted-root create"),
    shell,
  );
  const named = (sub: Command): Command =>
    addStoreOption(sub).option("--name <name>", "name of the trusted root; policies use public-good", defaultTrustName);
  named(
    command
      .command("show")
      .description("show whom a trusted root trusts, and when")
      .argument("[file]", "a trusted_root.json (default: the mirror's)"),
  )
    .addOption(outputOption())
    .action((file: string | undefined, options: NamedOptions) => finish(show(file, options, io)));
  named(
    command.command("unpin").description("remove a pinned trusted_root.json; TUF metadata of that name counts again"),
  )
    .addOption(outputOption())
    .action((options: NamedOptions) => finish(unpin(options, io)));
}
