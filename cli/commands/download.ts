/**
 * `sallyport download`: signatures and attestations of an image as cosign prints them, one JSON text a line. Nothing is
 * verified. Source: cosign `download`; docs/spec/command-line.md#commands.
 */
import type { Command } from "commander";
import { layerAnnotation } from "../../core/cosign/layer-annotation.ts";
import { isBundleMediaType } from "../../core/cosign/referrer-scheme.ts";
import { toPredicateType } from "../../core/dsse/predicate-types.ts";
import { decodeBase64, encodeBase64 } from "../../core/encoding/base64.ts";
import { type JsonValue, parseJson } from "../../core/encoding/json.ts";
import { parsePem } from "../../core/encoding/pem.ts";
import { isObject } from "../../core/encoding/shape.ts";
import { decodeUtf8 } from "../../core/encoding/utf8.ts";
import { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import type { Descriptor } from "../../core/oci/descriptor.ts";
import { type AttachedKind, type AttachedToImage, readAttached, readLayer } from "../attached.ts";
import type { CommandIO, Shell } from "../command.ts";
import { fromEnvironment } from "../environment.ts";
import type { ExitCode } from "../exit-code.ts";
import { addSourceOptions, type KnowledgeOptions, openKnowledge, readSettled } from "../input/knowledge.ts";
import { addOtherFlags, otherFlags } from "../input/other-flags.ts";
import { outputOption, type OutputOptions } from "../input/output-flag.ts";
import { isDocumentFormat, renderDocument } from "../render/document.ts";
import { toJsonLine } from "../render/json.ts";
import { note } from "../render/say.ts";
import { locateDigest } from "../verify-images.ts";

type DownloadOptions = KnowledgeOptions & OutputOptions & { readonly predicateType?: string };
type Place = Parameters<typeof readLayer>[1];

const layersOf = ({ attached }: AttachedToImage, ...kinds: readonly AttachedKind[]): readonly Descriptor[] =>
  attached.filter(({ kind }) => kinds.includes(kind)).flatMap(({ layers }) => layers);

const textOf = (layer: Descriptor, place: Place): JsonValue =>
  parseJson(decodeUtf8(readLayer(layer, place)), { limits: place.limits });

const bundlesOf = (found: AttachedToImage, place: Place): readonly JsonValue[] =>
  layersOf(found, "bundle")
    .filter(({ mediaType }) => isBundleMediaType(mediaType))
    .map((layer) => textOf(layer, place));

/** As cosign, in whose answer a certificate has more members: `Raw` is the certificate itself. */
function certificatesOf(pem: string | undefined): readonly { readonly Raw: string }[] | null {
  const blocks = pem === undefined || pem === "" ? [] : parsePem(pem);
  return blocks.length === 0 ? null : blocks.map(({ bytes }) => ({ Raw: encodeBase64(bytes) }));
}

function signatureLine(layer: Descriptor, place: Place): object {
  const { annotations = {} } = layer;
  const json = (name: "bundle" | "timestamp"): JsonValue => {
    const text = annotations[layerAnnotation[name]] ?? "";
    return text === "" ? null : parseJson(text, { limits: place.limits });
  };
  return {
    Base64Signature: annotations[layerAnnotation.signature] ?? "",
    Payload: encodeBase64(readLayer(layer, place)),
    Cert: certificatesOf(annotations[layerAnnotation.certificate])?.[0] ?? null,
    Chain: certificatesOf(annotations[layerAnnotation.chain]),
    Bundle: json("bundle"),
    RFC3161Timestamp: json("timestamp"),
  };
}

/** The predicate type of an envelope's statement; none if it cannot be read. */
function typeOf(envelope: JsonValue | undefined, limits: Limits): JsonValue | undefined {
  if (!isObject(envelope) || typeof envelope.payload !== "string") return undefined;
  const statement = parseJson(decodeUtf8(decodeBase64(envelope.payload)), { limits });
  return isObject(statement) ? statement.predicateType : undefined;
}

/** cosign's members of an envelope, in its order. */
const envelopeLine = (envelope: JsonValue): JsonValue =>
  isObject(envelope)
    ? {
        payloadType: envelope.payloadType ?? "",
        payload: envelope.payload ?? "",
        signatures: envelope.signatures ?? null,
      }
    : envelope;

/** Bundles where there are some, whatever they hold, else the signatures of the other layouts. */
function signatureLines(found: AttachedToImage, place: Place): readonly unknown[] {
  const bundles = bundlesOf(found, place);
  return bundles.length > 0 ? bundles : layersOf(found, "signature").map((layer) => signatureLine(layer, place));
}

function attestationLines(found: AttachedToImage, place: Place, wanted: string | undefined): readonly unknown[] {
  const isWanted = (envelope: JsonValue | undefined): boolean =>
    wanted === undefined || typeOf(envelope, place.limits) === wanted;
  const bundles = bundlesOf(found, place).filter((bundle) =>
    isWanted(isObject(bundle) ? bundle.dsseEnvelope : undefined),
  );
  const envelopes = layersOf(found, "attestation").map((layer) => textOf(layer, place));
  return [...bundles, ...envelopes.filter(isWanted).map(envelopeLine)];
}

/** What nobody was asked for is said, so that an answer is not taken for the whole. */
async function download(
  image: string,
  what: "signature" | "attestation",
  options: DownloadOptions,
  io: CommandIO,
): Promise<ExitCode> {
  const opened = await openKnowledge(options, io);
  try {
    const wanted = options.predicateType === undefined ? undefined : toPredicateType(options.predicateType);
    const { digest, found, lines } = await readSettled(opened, (knowledge) => {
      const located = locateDigest(image, { ...opened, knowledge });
      const repository = fromEnvironment("COSIGN_REPOSITORY", io) ?? located.repository;
      const place = { ...opened, knowledge, repository };
      const attached = readAttached(located.digest, place);
      return {
        digest: located.digest,
        found: attached,
        lines: what === "signature" ? signatureLines(attached, place) : attestationLines(attached, place, wanted),
      };
    });
    const unasked = found.unasked.filter((at) => at === "referrers" || at === `${what} tag`);
    if (lines.length > 0) {
      if (isDocumentFormat(options.output))
        io.out(renderDocument("AttachedContent", { image, digest, entries: lines, unasked }, options.output));
      else io.out(lines.map(toJsonLine).join(""));
      if (unasked.length > 0) note(`there may be more, since not every place was asked: ${unasked.join(", ")}`, io);
      return 0;
    }
    const type = wanted === undefined ? "" : ` of type ${wanted}`;
    if (unasked.length > 0)
      throw new EngineError(
        "not-in-mirror",
        `no ${what}${type} is here, and whether there are some is unknown: not asked are ${unasked.join(", ")}`,
        {
          subject: image,
        },
      );
    throw new EngineError(what === "signature" ? "no-signature" : "no-attestation", `the image has no ${what}${type}`, {
      subject: image,
    });
  } finally {
    opened.close();
  }
}

export function define(command: Command, { io, finish }: Shell): void {
  for (const what of ["signature", "attestation"] as const) {
    const sub = addSourceOptions(command.command(what), { likeCosign: true })
      .description(`print the ${what}s of an image, one JSON text a line`)
      .argument("<image>", "the image")
      .addOption(outputOption());
    if (what === "attestation")
      sub.option("--predicate-type <type>", "only those of this type: a URI, or a short name");
    sub.action(async (image: string, options: DownloadOptions) => finish(await download(image, what, options, io)));
    addOtherFlags(sub, otherFlags.download);
  }
}
