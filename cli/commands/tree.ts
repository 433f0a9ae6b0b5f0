/**
 * `sallyport tree`: what hangs on an image, as a tree. Nothing is verified. Source: cosign `tree`;
 * docs/spec/command-line.md#commands.
 */
import type { Command } from "commander";
import { type Attached, type AttachedToImage, readAttached } from "../attached.ts";
import type { CommandIO, Shell } from "../command.ts";
import { fromEnvironment } from "../environment.ts";
import type { ExitCode } from "../exit-code.ts";
import { addSourceOptions, type KnowledgeOptions, openKnowledge, readSettled } from "../input/knowledge.ts";
import { addOtherFlags, otherFlags } from "../input/other-flags.ts";
import { outputOption, type OutputOptions } from "../input/output-flag.ts";
import { judgedAs } from "../render/decision.ts";
import { isDocumentFormat, renderDocument } from "../render/document.ts";
import { toSizeText } from "../render/size.ts";
import { styleOf } from "../render/style.ts";
import { renderTree, type TreeNode } from "../render/tree.ts";
import { locateDigest } from "../verify-images.ts";

type TreeOptions = KnowledgeOptions & OutputOptions;

const names: Readonly<Record<Attached["kind"], string>> = {
  signature: "signatures",
  attestation: "attestation",
  sbom: "SBOM",
  bundle: "bundle",
  other: "referrer",
};

function attachedNode({ kind, tag, digest, artifactType, predicateType, layers, problem }: Attached): TreeNode {
  const type = predicateType ?? (kind === "other" ? artifactType : undefined);
  return {
    mark: problem === undefined ? "none" : "unknown",
    label: names[kind],
    text: [tag ?? digest, ...(type === undefined ? [] : [type])].join(" "),
    children: [
      ...layers.map(
        (layer): TreeNode => ({
          mark: "none",
          label: "layer",
          text: [
            layer.digest,
            toSizeText(layer.size),
            ...(layer.annotations?.predicateType === undefined ? [] : [layer.annotations.predicateType]),
          ].join(" "),
        }),
      ),
      ...(problem === undefined ? [] : [{ mark: "unknown", label: "problem", text: problem } as const]),
    ],
  };
}

interface Located {
  readonly image: string;
  readonly logical: string | undefined;
  readonly digest: string;
}

function imageNode({ image, logical, digest }: Located, { attached, unasked }: AttachedToImage): TreeNode {
  const open = unasked.map((place): TreeNode => ({ mark: "unknown", label: "not asked", text: place }));
  const nothing: TreeNode = { mark: "none", label: "nothing", text: "hangs on this image" };
  const children = [...attached.map(attachedNode), ...open];
  return {
    mark: unasked.length === 0 ? "none" : "unknown",
    label: image,
    children: [
      ...judgedAs(logical),
      { mark: "none", label: "image", text: digest },
      ...(children.length === 0 ? [nothing] : children),
    ],
  };
}

async function tree(image: string, options: TreeOptions, io: CommandIO): Promise<ExitCode> {
  const opened = await openKnowledge(options, io);
  try {
    const { digest, logical, found } = await readSettled(opened, (knowledge) => {
      const located = locateDigest(image, { ...opened, knowledge });
      const repository = fromEnvironment("COSIGN_REPOSITORY", io) ?? located.repository;
      return { ...located, found: readAttached(located.digest, { ...opened, knowledge, repository }) };
    });
    if (isDocumentFormat(options.output))
      io.out(renderDocument("ImageTree", { image, logical, digest, ...found }, options.output));
    else io.out(renderTree(imageNode({ image, logical, digest }, found), styleOf(io)));
    return 0;
  } finally {
    opened.close();
  }
}

export function define(command: Command, { io, finish }: Shell): void {
  addSourceOptions(command, { likeCosign: true })
    .argument("<image>", "the image")
    .addOption(outputOption())
    .addHelpText("after", "\nExample:\n  sallyport tree --store mirror ghcr.io/acme/app:1.4\n")
    .action(async (image: string, options: TreeOptions) => finish(await tree(image, options, io)));
  addOtherFlags(command, otherFlags.tree);
}
