/**
 * `sallyport mirror pin-key`, `pins` and `unpin-key`: keys that an operator gives for references in policies. Source:
 * docs/spec/offline.md#mirror.
 */
import type { Command } from "commander";
import { parsePublicKeysPem } from "../../core/crypto/public-key.ts";
import { decodeUtf8, encodeUtf8 } from "../../core/encoding/utf8.ts";
import { EngineError } from "../../core/errors.ts";
import type { Pin } from "../../proxy/mirror/mirror-writer.ts";
import type { StoredPin } from "../../proxy/mirror/pins.ts";
import type { CommandIO, Shell } from "../command.ts";
import type { ExitCode } from "../exit-code.ts";
import { type AskKeyOptions, askKey } from "../input/ask-key.ts";
import { readPublicKey, usage } from "../input/given-file.ts";
import { checkKeyReference } from "../input/key-reference.ts";
import { addStoreOption, type StoreOptions, withMirror } from "../input/store.ts";
import { cutFront, renderColumns } from "../render/table.ts";
import { shortDigest } from "../render/digest.ts";
import { type OutputOptions, outputOption } from "../input/output-flag.ts";
import { isDocumentFormat, renderDocument } from "../render/document.ts";
import { toUtcText } from "../render/time.ts";
import { styleOf } from "../render/style.ts";
import type { Limits } from "../../core/limits.ts";

/** `reference` is written as in policies. Without a file, the cluster or service that keeps the key is asked for it. */
async function pinKey(
  reference: string,
  file: string | undefined,
  options: StoreOptions & OutputOptions & AskKeyOptions,
  io: CommandIO,
): Promise<ExitCode> {
  checkKeyReference(reference);
  const { pem, from, at } =
    file === undefined
      ? await askKey(reference, options, io)
      : { pem: readPublicKey(file, io).pem, from: file, at: io.now().toISOString() };
  const digest = withMirror(options, io, "write", (mirror) =>
    mirror.writer().pin({ kind: "key", name: reference, bytes: encodeUtf8(pem) }, { at, from }),
  );
  const fingerprint = parsePublicKeysPem(pem, io.limits)[0]?.fingerprint ?? "";
  io.out(
    isDocumentFormat(options.output)
      ? renderDocument("KeyPin", { reference, digest, fingerprint, from }, options.output)
      : `pinned ${reference}\n${hashLines(fingerprint, digest)}`,
  );
  return 0;
}

/** The hash of the key, by which others know it, and that of the file: each is easily taken for the other. */
const hashLines = (fingerprint: string, digest: string): string => `  key   ${fingerprint}\n  file  ${digest}\n`;

/** The fingerprint of a key; nothing for anything else, and for what an archive brought that is no key. */
function fingerprintOf({ kind, bytes }: StoredPin, limits: Limits): string | undefined {
  if (kind !== "key") return undefined;
  try {
    return parsePublicKeysPem(decodeUtf8(bytes), limits)[0]?.fingerprint;
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return undefined;
  }
}

interface ListOptions extends StoreOptions {
  readonly output: "text" | "json" | "yaml" | "wide";
  readonly headers: boolean;
}

function list(options: ListOptions, io: CommandIO): ExitCode {
  const pins = withMirror(options, io, "read", (mirror) => mirror.knowledge().pins());
  if (isDocumentFormat(options.output)) {
    const entries = pins.map((pin) => {
      const { bytes: _, ...shown } = pin;
      const fingerprint = fingerprintOf(pin, io.limits);
      return { ...shown, ...(fingerprint === undefined ? {} : { fingerprint }) };
    });
    io.out(renderDocument("PinList", { entries }, options.output));
    return 0;
  }
  const wide = options.output === "wide";
  const style = styleOf(io);
  const rows = pins.map((pin) => {
    const id = fingerprintOf(pin, io.limits) ?? pin.digest;
    const since = toUtcText(new Date(pin.at)).replace(" UTC", "");
    return wide
      ? [pin.kind, style.text(pin.name), id, since, style.text(pin.from)]
      : [pin.kind, cutFront(pin.name, 32, style), shortDigest(id), since];
  });
  io.out(renderColumns(["KIND", "NAME", "KEY", "PINNED (UTC)", ...(wide ? ["FROM"] : [])], rows, options));
  return 0;
}

const pinKinds = ["key", "trusted-root", "tuf-root"] as const satisfies readonly Pin["kind"][];

function readKind(text: string): Pin["kind"] {
  const kind = pinKinds.find((one) => one === text);
  if (kind === undefined) throw usage(`the kind of a pin is one of ${pinKinds.join(", ")}`, text);
  return kind;
}

function unpin(
  kind: Pin["kind"],
  references: readonly string[],
  options: StoreOptions & OutputOptions,
  io: CommandIO,
  command: string,
): ExitCode {
  const { output } = options;
  withMirror(options, io, "write", (mirror) => {
    const pinned = mirror.knowledge().pins();
    const found = references.map((reference) => {
      const pin = pinned.find((one) => one.kind === kind && one.name === reference);
      if (pin === undefined)
        throw new EngineError(
          "invalid-usage",
          `no ${kind === "key" ? "key" : "root"} is pinned under this name; mirror pins shows those that are`,
          {
            subject: reference,
          },
        );
      return pin;
    });
    const at = io.now().toISOString();
    const removed = found.map(({ bytes: _, ...pin }) => pin);
    mirror.writer().transaction(() => {
      for (const { name } of found) mirror.writer().unpin(kind, name);
      mirror.log.addRun({
        kind: command,
        started: at,
        ended: at,
        from: `mirror ${command}`,
        summary: { removed },
      });
    });
    if (isDocumentFormat(output)) io.out(renderDocument("PinRemoval", { removed }, output));
    else
      for (const pin of found)
        io.out(
          `unpinned ${pin.name}\n` +
            (kind === "key"
              ? hashLines(fingerprintOf(pin, io.limits) ?? "not a public key", pin.digest)
              : `  file  ${pin.digest}\n`),
        );
  });
  return 0;
}

/** `command` is `mirror`. */
export function definePins(command: Command, { io, finish }: Shell): void {
  addStoreOption(
    command
      .command("pin-key")
      .description("pin a key: policies that name the reference use this key")
      .argument("<reference>", "k8s://NAMESPACE/NAME, a KMS reference, or a path")
      .argument("[file]", "the public key (PEM); without it the key is asked of the cluster or the service"),
  )
    .option("--kubeconfig <file>", "for k8s://, in place of KUBECONFIG and ~/.kube/config")
    .option("--context <name>", "a context of it, in place of the current one")
    .option("--timeout <span>", "time for the whole command", "1m")
    .option("--verbose", "show each request on stderr, without secrets")
    .addOption(outputOption())
    .action(
      async (reference: string, file: string | undefined, options: StoreOptions & OutputOptions & AskKeyOptions) =>
        finish(await pinKey(reference, file, options, io)),
    );
  const pins = command.command("pins").description("list what is pinned, or rm: keys and trusted roots");
  addStoreOption(pins)
    .addOption(outputOption("wide"))
    .option("--no-headers", "omit the header line")
    .action((options: ListOptions) => finish(list(options, io)));
  addStoreOption(
    pins
      .command("rm")
      .description("remove pins: the record of runs still shows them")
      .argument("<kind>", pinKinds.join(", "))
      .argument("<name...>", "as mirror pins shows them"),
  )
    .addOption(outputOption())
    .action((kind: string, names: readonly string[], _: object, called: Command) =>
      // The flags that the list has too are taken before the word rm.
      finish(unpin(readKind(kind), names, called.optsWithGlobals(), io, "pins rm")),
    );
  addStoreOption(
    command
      .command("unpin-key")
      .description("remove the pin of a key; the mirror's record of runs still shows it")
      .argument("<reference...>", "as mirror pins shows them"),
  )
    .addOption(outputOption())
    .action((references: readonly string[], options: StoreOptions & OutputOptions) =>
      finish(unpin("key", references, options, io, "unpin-key")),
    );
}
