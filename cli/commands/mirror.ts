/**
 * `sallyport mirror`: bring layouts in, list what is held, check it, pin keys, distrust. Source:
 * docs/spec/command-line.md#commands, #streams-and-formats.
 */
import type { Command } from "commander";
import { parsePublicKeysPem } from "../../core/crypto/public-key.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import { EngineError } from "../../core/errors.ts";
import { addLayout } from "../../proxy/archive/add-layout.ts";
import type { CommandIO, Shell } from "../command.ts";
import type { ExitCode } from "../exit-code.ts";
import { asGiven, readGivenText } from "../input/given-file.ts";
import { parseLayoutFlag } from "../input/knowledge.ts";
import { defineDistrust } from "./mirror-distrust.ts";
import { defineList } from "./mirror-ls.ts";
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
  const pem = readGivenText(file, io);
  const keys = asGiven(file, "a public key", () => parsePublicKeysPem(pem, defaultLimits));
  if (keys.length === 0)
    throw new EngineError("invalid-usage", `${file} holds no public key in PEM form`, { subject: file });
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
  defineList(command.command("ls").description("list what the mirror holds; nothing of it is verified here"), shell);
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
