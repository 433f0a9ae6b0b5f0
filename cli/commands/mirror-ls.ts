/**
 * `sallyport mirror ls`: images with their signed material, or one of the mirror's views, as tables of at most 80
 * columns and as JSON. Source: docs/spec/command-line.md#streams-and-formats, docs/spec/offline.md#mirror.
 */
import { Argument, type Command } from "commander";
import { EngineError } from "../../core/errors.ts";
import type { MirrorImage } from "../../proxy/mirror/list-mirror.ts";
import { type MirrorViews, type ViewName, viewNames } from "../../proxy/mirror/list-views.ts";
import type { CommandIO, Shell } from "../command.ts";
import type { ExitCode } from "../exit-code.ts";
import { addStoreOption, type StoreOptions, withMirror } from "../input/store.ts";
import { cutEnd, cutFront, renderColumns } from "../render/table.ts";
import { filterFlags, filterOf, type ImageFilters } from "../input/list-filters.ts";
import { outputOption } from "../input/output-flag.ts";
import { type DocumentKind, isDocumentFormat, renderDocument } from "../render/document.ts";
import { toSpanText, toUtcText } from "../render/time.ts";
import { shortDigest, withShortDigests } from "../render/digest.ts";
import { type Style, styleOf } from "../render/style.ts";
import { type SignedWord, signedWords } from "../signed-word.ts";
import type { Mirror } from "../../proxy/mirror/mirror.ts";
import { toSizeText } from "../render/size.ts";

const shortType = (type: string): string =>
  /(?:^|\/)(slsa|spdx|cyclonedx|vuln|openvex|link|test-result|vsa)/i.exec(type)?.[1]?.toLowerCase() ?? "other";

function toRow(image: MirrorImage & { readonly signed: SignedWord }, now: Date, wide: boolean, style: Style) {
  const types = [...new Set(image.predicateTypes.map(shortType))].join(",");
  const attestations = image.attestations === 0 ? "-" : types === "" ? String(image.attestations) : types;
  const age = toSpanText(Math.max(0, (now.getTime() - Date.parse(image.at)) / 1000)).replace(" ", "");
  // The column beside it has the digest.
  const name = wide ? image.image : image.image.replace(/@sha256:.*$/, "");
  return [
    style.text(name),
    wide ? image.digest : shortDigest(image.digest),
    image.signed,
    attestations,
    image.complete?.grain ?? "-",
    age,
    toSizeText(image.size),
    ...(wide
      ? [
          String(image.signatures),
          image.unasked.join(", ") || "-",
          style.text(image.from),
          style.text(image.problem ?? "-"),
        ]
      : []),
  ];
}

interface ListOptions extends StoreOptions {
  readonly output: "text" | "json" | "yaml" | "wide" | "name";
  readonly headers: boolean;
}

const time = (text: string | null): string =>
  text === null || Number.isNaN(Date.parse(text)) ? "-" : toUtcText(new Date(text)).replace(" UTC", "");

interface Table<Row> {
  readonly head: readonly string[];
  readonly row: (row: Row, style: Style) => readonly string[];
}

const tables: { readonly [N in ViewName]: Table<MirrorViews[N]> } = {
  signatures: {
    head: ["REPOSITORY", "IMAGE", "LAYOUT", "LAYER", "SINCE (UTC)"],
    row: ({ repository, image, layout, layer, at }, style) => [
      cutFront(repository, 24, style),
      shortDigest(image),
      layout,
      shortDigest(layer),
      time(at),
    ],
  },
  attestations: {
    head: ["REPOSITORY", "IMAGE", "TYPE", "LAYOUT", "LAYER"],
    row: ({ repository, image, predicateType, layout, layer }, style) => [
      cutFront(repository, 20, style),
      shortDigest(image),
      cutFront(predicateType ?? "-", 20, style),
      layout,
      shortDigest(layer),
    ],
  },
  "log-entries": {
    head: ["LOG", "INDEX", "TIME (UTC)", "REPOSITORY", "IMAGE"],
    row: ({ logId, logIndex, integratedTime, repository, image, layer }, style) => [
      shortDigest(logId ?? "-"),
      cutFront(logIndex ?? "-", 12, style),
      time(integratedTime),
      // An entry that was asked of a log belongs to no image; the question names it.
      cutFront(repository ?? layer, 18, style),
      shortDigest(image ?? "-"),
    ],
  },
  roots: {
    head: ["NAME", "VERSION", "EXPIRES (UTC)", "DIGEST"],
    row: ({ name, version, expires, digest }, style) => [
      cutFront(name, 24, style),
      String(version),
      time(expires),
      shortDigest(digest),
    ],
  },
  claims: {
    head: ["SCOPE", "GRAIN", "AS OF (UTC)", "BY"],
    row: ({ scope, grain, at, source }, style) => [
      cutFront(withShortDigests(scope), 30, style),
      grain,
      time(at),
      // It begins with the command; where there is room, all of it is shown.
      cutEnd(source, Math.max(16, style.width - 64), style),
    ],
  },
};

const wideTable = (rows: readonly object[], headers: boolean, { text }: Style): string => {
  const names = Object.keys(rows[0] ?? {});
  const head = names.map((name) => name.replace(/([a-z])([A-Z])/g, "$1 $2").toUpperCase());
  const values = rows.map((row) => names.map((name) => text(String((row as never)[name] ?? "-"))));
  return rows.length === 0 ? "" : renderColumns(head, values, { headers });
};

/** `wide` shows every field whole, as JSON does. */
function renderView<N extends ViewName>(
  name: N,
  rows: readonly MirrorViews[N][],
  options: { readonly headers: boolean; readonly wide: boolean },
  style: Style,
): string {
  if (options.wide) return wideTable(rows, options.headers, style);
  const { head, row }: Table<MirrorViews[N]> = tables[name];
  return renderColumns(
    head,
    rows.map((one) => row(one, style)),
    options,
  );
}

const viewKinds: Readonly<Record<ViewName, DocumentKind>> = {
  signatures: "SignatureList",
  attestations: "AttestationList",
  "log-entries": "LogEntryList",
  roots: "RootList",
  claims: "ClaimList",
};

function listOne(name: ViewName, options: ListOptions, io: CommandIO): ExitCode {
  const { output, headers } = options;
  if (output === "name")
    throw new EngineError("invalid-usage", "-o name lists images only; use text, wide, json or yaml", {
      subject: "-o name",
    });
  const { rows, contentId } = withMirror(options, io, "read", (mirror) =>
    mirror.snapshot(() => ({ rows: mirror.view(name), contentId: mirror.contentId() })),
  );
  io.out(
    isDocumentFormat(output)
      ? renderDocument(viewKinds[name], { contentId, entries: rows }, output)
      : renderView(name, rows, { headers, wide: output === "wide" }, styleOf(io)),
  );
  return 0;
}

function list(options: ListOptions & ImageFilters, io: CommandIO): ExitCode {
  const isListed = filterOf(options, io);
  // Names need no verification.
  const wordOf = (mirror: Mirror) =>
    options.output === "name" && options.unsigned !== true ? () => "unknown" as const : signedWords(mirror, io);
  const { images, contentId } = withMirror(options, io, "read", (mirror) => {
    const signed = wordOf(mirror);
    return {
      images: mirror
        .list()
        .filter(isListed)
        .map((image) => ({ ...image, signed: signed(image) }))
        .filter((image) => options.unsigned !== true || image.signed === "none"),
      contentId: mirror.contentId(),
    };
  });
  const wide = options.output === "wide";
  if (isDocumentFormat(options.output)) io.out(renderDocument("MirrorList", { contentId, images }, options.output));
  else if (options.output === "name") io.out(images.map(({ image }) => `${image}\n`).join(""));
  else {
    const head = [
      "IMAGE",
      "DIGEST",
      "SIGNED",
      "ATTESTATIONS",
      "COMPLETE",
      "FRESH",
      "SIZE",
      ...(wide ? ["SIGNATURES", "UNASKED", "FROM", "PROBLEM"] : []),
    ];
    io.out(
      renderColumns(
        head,
        images.map((image) => toRow(image, io.now(), wide, styleOf(io))),
        { headers: options.headers, ...(wide ? {} : { width: io.width.out }) },
      ),
    );
  }
  return 0;
}

const listExamples = `
SIGNED says what this mirror itself trusts, not what a policy does: verified, by
a key that is pinned here (mirror pin-key) or by a trusted root; untrusted, by
nobody of those; none, there is no signature; unknown, not every place was asked

Examples:
  sallyport mirror ls --store mirror
  sallyport mirror ls signatures -o wide  # layouts and layers that hold them
  sallyport mirror ls log-entries -o json
  sallyport mirror ls --repository 'ghcr.io/acme/*' --older-than 90d
  sallyport tree --store mirror ghcr.io/acme/app:1.4  # what hangs on one image
`;

/** `command` is `mirror ls`. */
export function defineList(command: Command, { io, finish }: Shell): void {
  addStoreOption(command)
    .addArgument(
      new Argument("[what]", "images with their signed material, or one kind of record")
        .choices(["images", ...viewNames])
        .default("images"),
    )
    .addOption(outputOption("wide", "name"))
    .option("--no-headers", "omit the header line")
    .option("--repository <pattern>", "images of such repositories only: 'ghcr.io/acme/*'")
    .option("--tag <pattern>", "images with such tags only: 'v1.*'")
    .option("--older-than <span>", "images that were last seen before this, such as 30d")
    .option("--unsigned", "images that are known to have no signature: none under SIGNED")
    .addHelpText("after", listExamples)
    .action((what: "images" | ViewName, options: ListOptions & ImageFilters) => {
      const filter = filterFlags.find(([name]) => options[name] !== undefined);
      if (what !== "images" && filter !== undefined)
        throw new EngineError("invalid-usage", "this flag selects images; the other lists are shown whole", {
          subject: filter[1],
        });
      finish(what === "images" ? list(options, io) : listOne(what, options, io));
    });
}
