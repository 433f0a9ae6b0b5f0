/**
 * `sallyport mirror`: bring layouts in, list what is held, check it, pin keys, distrust. Source:
 * docs/spec/command-line.md#commands, #streams-and-formats.
 */
import { type Command, Option } from "commander";
import { parsePublicKeysPem } from "../../core/crypto/public-key.ts";
import { decodeUtf8, encodeUtf8 } from "../../core/encoding/utf8.ts";
import { EngineError } from "../../core/errors.ts";
import { addLayout } from "../../proxy/archive/add-layout.ts";
import type { MirrorImage } from "../../proxy/mirror/list-mirror.ts";
import type { CommandIO, ExitCode, Shell } from "../command.ts";
import { parseLayoutFlag } from "../input/knowledge.ts";
import { toJsonText } from "../render/json.ts";
import { renderColumns } from "../render/table.ts";
import { toSpanText } from "../render/time.ts";
import { defineDistrust } from "./mirror-distrust.ts";
import { addStoreOption, type StoreOptions, withMirror } from "../input/store.ts";
import { defaultLimits } from "../../core/limits.ts";

interface AddOptions extends StoreOptions {
  readonly complete?: boolean;
  readonly withLayers?: boolean;
}

function add(layouts: readonly string[], options: AddOptions, io: CommandIO): ExitCode {
  const missing = withMirror(options, io, "write", (mirror) =>
    layouts.flatMap((flag) => {
      const { folder, options: named } = parseLayoutFlag(flag);
      const added = addLayout(mirror, folder, {
        ...named,
        ...(options.complete === true ? { complete: true } : {}),
        ...(options.withLayers === true ? { layers: true } : {}),
      });
      for (const { repository, tag, digest } of added.images)
        io.out(`copied ${repository}${tag === undefined ? "" : `:${tag}`} ${digest}\n`);
      io.out(
        `${folder}: ${added.tags} tags, ${added.manifests} manifests, ${added.blobs} blobs, ${added.referrers} ` +
          `referrers, ${added.layers} image layers (${added.layersLeftOut} left out)\n`,
      );
      for (const scope of added.complete) io.out(`${folder}: complete for ${scope}\n`);
      return added.missing.map((digest) => `${folder}: ${digest}`);
    }),
  );
  for (const line of missing) io.err(`missing ${line}\n`);
  return missing.length > 0 ? 7 : 0;
}

const mebibytes = (size: number | undefined): string =>
  size === undefined ? "-" : `${Math.ceil(size / (1024 * 1024))} MiB`;

/** `none` only where every layout was asked; nothing here was verified, so there is no `verified`. */
const signedWord = ({ signatures, unasked }: MirrorImage): string =>
  signatures === 0 && unasked.length === 0 ? "none" : "unknown";

const shortType = (type: string): string =>
  /(?:^|\/)(slsa|spdx|cyclonedx|vuln|openvex|link|test-result|vsa)/i.exec(type)?.[1]?.toLowerCase() ?? "other";

function toRow(image: MirrorImage, now: Date, wide: boolean): readonly string[] {
  const types = [...new Set(image.predicateTypes.map(shortType))].join(",");
  const attestations = image.attestations === 0 ? "-" : types === "" ? String(image.attestations) : types;
  const age = toSpanText(Math.max(0, (now.getTime() - Date.parse(image.at)) / 1000)).replace(" ", "");
  const digest = wide ? image.digest : `${image.digest.slice(0, "sha256:".length + 12)}…`;
  return [
    image.image,
    digest,
    signedWord(image),
    attestations,
    age,
    mebibytes(image.size),
    ...(wide ? [String(image.signatures), image.unasked.join(", ") || "-", image.from, image.problem ?? "-"] : []),
  ];
}

interface ListOptions extends StoreOptions {
  readonly output: "text" | "wide" | "name" | "json";
  readonly headers: boolean;
}

function list(options: ListOptions, io: CommandIO): ExitCode {
  const { images, contentId } = withMirror(options, io, "read", (mirror) => ({
    images: mirror.list(),
    contentId: mirror.contentId(),
  }));
  const wide = options.output === "wide";
  if (options.output === "json")
    io.out(toJsonText({ apiVersion: "sallyport.dev/v1", kind: "MirrorList", contentId, images }));
  else if (options.output === "name") io.out(images.map(({ image }) => `${image}\n`).join(""));
  else {
    const head = [
      "IMAGE",
      "DIGEST",
      "SIGNED",
      "ATTESTATIONS",
      "FRESH",
      "SIZE",
      ...(wide ? ["SIGNATURES", "UNASKED", "FROM", "PROBLEM"] : []),
    ];
    io.out(
      renderColumns(
        head,
        images.map((image) => toRow(image, io.now(), wide)),
        { headers: options.headers },
      ),
    );
  }
  return 0;
}

function check(options: StoreOptions, io: CommandIO): ExitCode {
  return withMirror(options, io, "read", (mirror) => {
    const { damage, ...counts } = mirror.inspect();
    io.out(
      `content ${mirror.contentId()}\n${Object.entries(counts)
        .map(([name, value]) => `${name} ${String(value)}\n`)
        .join("")}`,
    );
    for (const { subject, reason } of damage) io.err(`damaged ${subject}: ${reason}\n`);
    return damage.length > 0 ? 6 : 0;
  });
}

/** A reference stands in policies as it is pinned: `k8s://namespace/name`, `awskms://…`, a path. */
function pinKey(reference: string, file: string, options: StoreOptions, io: CommandIO): ExitCode {
  const pem = decodeUtf8(io.readFile(file));
  const keys = parsePublicKeysPem(pem, defaultLimits);
  if (keys.length === 0) throw new EngineError("malformed", "no public key in PEM form", { subject: file });
  const digest = withMirror(options, io, "write", (mirror) =>
    mirror
      .writer()
      .pin({ kind: "key", name: reference, bytes: encodeUtf8(pem) }, { at: io.now().toISOString(), from: file }),
  );
  io.out(`pinned ${reference} ${digest} (${keys.map(({ fingerprint }) => fingerprint).join(", ")})\n`);
  return 0;
}

export function define(command: Command, shell: Shell): void {
  const { io, finish } = shell;
  addStoreOption(
    command
      .command("add")
      .description("add OCI layout folders: cosign save, skopeo, oras")
      .argument("<[image=]layout...>", "folders; IMAGE names what a folder does not name"),
  )
    .option("--complete", "the layouts hold everything of their repositories: what they lack does not exist")
    .option("--with-layers", "copy image layers too; no decision reads them")
    .action((layouts: readonly string[], options: AddOptions) => finish(add(layouts, options, io)));
  addStoreOption(command.command("ls").description("list images and the signed material beside them"))
    .addOption(
      new Option("-o, --output <format>", "form of the answer")
        .choices(["text", "wide", "name", "json"])
        .default("text"),
    )
    .option("--no-headers", "without the line of headers")
    .action((options: ListOptions) => finish(list(options, io)));
  addStoreOption(command.command("check").description("read everything once and name what is damaged")).action(
    (options: StoreOptions) => finish(check(options, io)),
  );
  addStoreOption(
    command
      .command("pin-key")
      .description("vouch for the key behind a reference in policies")
      .argument("<reference>", "k8s://NAMESPACE/NAME, a KMS reference, or a path")
      .argument("<file>", "the public key (PEM)"),
  ).action((reference: string, file: string, options: StoreOptions) => finish(pinKey(reference, file, options, io)));
  defineDistrust(command.command("distrust").description("list what is refuted whatever vouches for it"), shell);
}
