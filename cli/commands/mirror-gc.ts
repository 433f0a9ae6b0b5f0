/**
 * `sallyport mirror gc` and `mirror rm`: what is removed from a mirror, and the claims that end with it. Source:
 * docs/spec/offline.md#retention.
 */
import { type Command, Option } from "commander";
import { isDigest } from "../../core/crypto/digest.ts";
import type { Collection, ImageToRemove } from "../../proxy/mirror/collect-garbage.ts";
import type { Mirror } from "../../proxy/mirror/mirror.ts";
import type { CommandIO, Shell } from "../command.ts";
import type { ExitCode } from "../exit-code.ts";
import { usage } from "../input/given-file.ts";
import { parseImage } from "../input/image-argument.ts";
import { type OutputOptions, outputOption } from "../input/output-flag.ts";
import { addRetentionOptions, type RetentionOptions, readRetention } from "../input/retention-flags.ts";
import { addStoreOption, type StoreOptions, withMirror } from "../input/store.ts";
import { counted } from "../render/count.ts";
import { isDocumentFormat, renderDocument } from "../render/document.ts";
import { visible, visibleLine } from "../render/escape.ts";
import { tellAnswer } from "../render/say.ts";
import { toSizeText } from "../render/size.ts";

interface RemovalOptions extends StoreOptions, OutputOptions {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly confirm?: boolean;
}

interface GcOptions extends RemovalOptions, RetentionOptions {
  readonly vacuum?: boolean;
}

function show(collection: Collection, isDry: boolean, { output }: OutputOptions, io: CommandIO): void {
  const { images, imagesRemoved, answers, blobs, layers, metadata, bytes, claimed, ended, elsewhere } = collection;
  if (isDocumentFormat(output)) {
    io.out(renderDocument("MirrorRemoval", { dryRun: isDry, ...collection }, output));
    return;
  }
  const verb = isDry ? "would remove" : "removed";
  for (const name of images) tellAnswer(`${verb} ${visibleLine(name)}\n`, io);
  if (imagesRemoved > images.length)
    tellAnswer(`${verb} ${counted(imagesRemoved - images.length, "other image")}\n`, io);
  for (const repository of claimed)
    tellAnswer(`kept ${visibleLine(repository)}\n  claimed to be complete: --end-claims removes from it too\n`, io);
  for (const { scope, at, from } of ended)
    tellAnswer(
      `${isDry ? "would end" : "no longer complete"}, ${visibleLine(scope)}\n  said as of ${at} by ${visible(from)}\n`,
      io,
    );
  for (const repository of elsewhere)
    tellAnswer(
      `kept ${visibleLine(repository)}\n  signatures or other referrers of these images are there; gc with a rule\n` +
        "  removes what no image keeps\n",
      io,
    );
  tellAnswer(
    `${verb} ${counted(imagesRemoved, "image")}, ${counted(answers, "answer")}, ${counted(blobs, "blob")},\n` +
      `  ${counted(layers, "layer")}, ${counted(metadata, "old TUF file")}: ${toSizeText(bytes)}\n`,
    io,
  );
}

/** Recorded before it is shown, so that the log of the mirror never lacks a removal that somebody was told of. */
function record(mirror: Mirror, kind: string, { images, ended, ...counts }: Collection, io: CommandIO): void {
  const at = io.now().toISOString();
  const summary = { ...counts, images: images.slice(0, 100), ended: ended.map(({ scope }) => scope) };
  mirror.log.addRun({ kind, started: at, ended: at, from: `mirror ${kind}`, summary });
}

const isAgreed = ({ yes, confirm }: RemovalOptions): boolean => yes === true || confirm === true;

function gc(options: GcOptions, io: CommandIO): ExitCode {
  const retention = readRetention(options, io);
  const isDry = options.dryRun === true;
  if (isDry && options.vacuum === true) throw usage("a dry run changes nothing: leave --vacuum out", "--vacuum");
  if (retention !== undefined && !isDry && !isAgreed(options))
    throw usage(
      "images that no rule keeps are removed: see which with --dry-run, then confirm with --yes",
      "mirror gc",
    );
  withMirror(options, io, "write", (mirror) => {
    const collection = mirror.writer().collect(retention, isDry);
    if (!isDry) record(mirror, "gc", collection, io);
    if (options.vacuum === true) mirror.writer().vacuum();
    show(collection, isDry, options, io);
  });
  return 0;
}

/** A repository, or none, and the first digits of a digest, as the columns of `mirror ls` have them. */
const shortForm = /^(?:(.+)@)?(?:sha256:)?([0-9a-f]{6,63})(?:…|\.\.\.)?$/;

/** The one image of the mirror whose digest begins so. @throws EngineError `invalid-usage` where there are several. */
function byDigits(text: string, mirror: Mirror, io: CommandIO): ImageToRemove | undefined {
  const [, name, digits] = shortForm.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const { fetchRepository, tag: named } = name === undefined ? {} : parseImage(name, io.limits);
  // Without a tag, that of a reference is latest.
  const tag = name?.endsWith(`:${named}`) === true ? named : undefined;
  const found = new Map<string, ImageToRemove>();
  for (const image of mirror.list()) {
    if (!image.digest.startsWith(`sha256:${digits}`)) continue;
    if (fetchRepository !== undefined && image.repository !== fetchRepository) continue;
    if (tag !== undefined && image.tag !== tag) continue;
    const { repository, digest } = image;
    found.set(`${repository}@${digest}`, { repository, digest });
  }
  const [one, ...more] = found.keys();
  if (more.length > 0)
    throw usage(`${digits} begins several digests: ${[...found.keys()].slice(0, mostNamed).join(", ")}`, text);
  if (one === undefined && name !== undefined) throw usage("the mirror does not have this image", text);
  return one === undefined ? undefined : found.get(one);
}

/** Candidates that a message names. */
const mostNamed = 5;

function toRemove(text: string, mirror: Mirror, io: CommandIO): ImageToRemove {
  const short = byDigits(text, mirror, io);
  if (short !== undefined) return short;
  const { fetchRepository: repository, tag, digest } = parseImage(text, io.limits);
  if (digest !== undefined && isDigest(digest)) return { repository, digest };
  return { repository, tag: tag ?? "latest" };
}

function remove(texts: readonly string[], options: RemovalOptions, io: CommandIO): ExitCode {
  const isDry = options.dryRun === true;
  if (!isDry && !isAgreed(options))
    throw usage(
      "signatures and attestations of an image are removed with it: see which with --dry-run, then confirm with --yes",
      "mirror rm",
    );
  withMirror(options, io, "write", (mirror) => {
    const images = texts.map((text) => toRemove(text, mirror, io));
    const collection = mirror.writer().remove(images, isDry);
    if (!isDry) record(mirror, "rm", collection, io);
    show(collection, isDry, options, io);
  });
  return 0;
}

const addRemovalOptions = (command: Command): Command =>
  addStoreOption(command)
    .option("--dry-run", "say what would be removed, and remove nothing")
    .option("--yes", "confirm the removal")
    .addOption(new Option("--confirm", "as --yes").hideHelp())
    .addOption(outputOption());

const gcHelp = `
Without rules (--keep-…) every image is kept, and only content that nothing
refers to is removed. With rules an image is kept if one of them says so, with
its signatures, its platforms and theirs.

Examples:
  sallyport mirror gc --store mirror --keep-last 3 --keep-newer 90d --dry-run
  sallyport mirror gc --store mirror --keep-list images.txt --yes
  sallyport mirror gc --store mirror --vacuum
`;

const rmHelp = `
Examples:
  sallyport mirror rm --store mirror ghcr.io/acme/app:1.4 --dry-run
  sallyport mirror rm --store mirror ghcr.io/acme/app@91c2d0f4 --yes
`;

/** `command` is `mirror`. */
export function defineRemoval(command: Command, { io, finish }: Shell): void {
  addRemovalOptions(
    addRetentionOptions(command.command("gc").description("remove what no rule keeps and nothing refers to")),
  )
    .option("--vacuum", "shrink the database file; needs as much free space while it runs")
    .addHelpText("after", gcHelp)
    .action((options: GcOptions) => finish(gc(options, io)));
  addRemovalOptions(
    command
      .command("rm")
      .description("remove images with their signatures, attestations and other referrers")
      .argument("<image...>", "REPOSITORY:TAG, REPOSITORY@DIGEST or the first digits of a digest"),
  )
    .addHelpText("after", rmHelp)
    .action((images: readonly string[], options: RemovalOptions) => finish(remove(images, options, io)));
}
