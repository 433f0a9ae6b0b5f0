/**
 * `sallyport mirror ls`: images with their signed material, or one of the mirror's views, as tables of at most 80
 * columns and as JSON. Source: docs/spec/command-line.md#streams-and-formats, docs/spec/offline.md#mirror.
 */
import { Argument, type Command, Option } from "commander";
import { EngineError } from "../../core/errors.ts";
import type { MirrorImage } from "../../proxy/mirror/list-mirror.ts";
import { type MirrorViews, type ViewName, viewNames } from "../../proxy/mirror/list-views.ts";
import type { CommandIO, Shell } from "../command.ts";
import type { ExitCode } from "../exit-code.ts";
import { addStoreOption, type StoreOptions, withMirror } from "../input/store.ts";
import { toJsonText } from "../render/json.ts";
import { renderColumns } from "../render/table.ts";
import { toSpanText, toUtcText } from "../render/time.ts";
import { visible } from "../render/tree.ts";

const mebibytes = (size: number | undefined): string =>
  size === undefined ? "-" : `${Math.ceil(size / (1024 * 1024))} MiB`;

/** `none` only where every layout was asked. Nothing here was verified, so there is no `verified`. */
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

/** Twelve digits, as everywhere. */
const shortDigest = (digest: string): string => visible(/^(?:sha256:)?([0-9a-f]{12})/.exec(digest)?.[1] ?? digest);

/** Shortened at the front: the end of a name tells more. */
function cutFront(text: string, length: number): string {
  const shown = visible(text);
  return shown.length > length ? `…${shown.slice(shown.length - length + 1)}` : shown;
}

const time = (text: string | null): string =>
  text === null || Number.isNaN(Date.parse(text)) ? "-" : toUtcText(new Date(text)).replace(" UTC", "");

interface Table<Row> {
  readonly head: readonly string[];
  readonly row: (row: Row) => readonly string[];
}

const tables: { readonly [N in ViewName]: Table<MirrorViews[N]> } = {
  signatures: {
    head: ["REPOSITORY", "IMAGE", "LAYOUT", "LAYER", "SINCE (UTC)"],
    row: ({ repository, image, layout, layer, at }) => [
      cutFront(repository, 24),
      shortDigest(image),
      layout,
      shortDigest(layer),
      time(at),
    ],
  },
  attestations: {
    head: ["REPOSITORY", "IMAGE", "TYPE", "LAYOUT", "LAYER"],
    row: ({ repository, image, predicateType, layout, layer }) => [
      cutFront(repository, 20),
      shortDigest(image),
      cutFront(predicateType ?? "-", 20),
      layout,
      shortDigest(layer),
    ],
  },
  "log-entries": {
    head: ["LOG", "INDEX", "TIME (UTC)", "REPOSITORY", "IMAGE"],
    row: ({ logId, logIndex, integratedTime, repository, image, layer }) => [
      shortDigest(logId ?? "-"),
      cutFront(logIndex ?? "-", 12),
      time(integratedTime),
      // An entry that was asked of a log belongs to no image; the question names it.
      cutFront(repository ?? layer, 18),
      shortDigest(image ?? "-"),
    ],
  },
  roots: {
    head: ["NAME", "VERSION", "EXPIRES (UTC)", "DIGEST"],
    row: ({ name, version, expires, digest }) => [
      cutFront(name, 24),
      String(version),
      time(expires),
      shortDigest(digest),
    ],
  },
};

const wideTable = (rows: readonly object[], headers: boolean): string => {
  const names = Object.keys(rows[0] ?? {});
  const head = names.map((name) => name.replace(/([a-z])([A-Z])/g, "$1 $2").toUpperCase());
  const values = rows.map((row) => names.map((name) => visible(String((row as never)[name] ?? "-"))));
  return rows.length === 0 ? "" : renderColumns(head, values, { headers });
};

/** `wide` shows every field whole, as JSON does. */
function renderView<N extends ViewName>(
  name: N,
  rows: readonly MirrorViews[N][],
  options: { readonly headers: boolean; readonly wide: boolean },
): string {
  if (options.wide) return wideTable(rows, options.headers);
  const { head, row }: Table<MirrorViews[N]> = tables[name];
  return renderColumns(head, rows.map(row), options);
}

const viewKinds: Readonly<Record<ViewName, string>> = {
  signatures: "SignatureList",
  attestations: "AttestationList",
  "log-entries": "LogEntryList",
  roots: "RootList",
};

function listOne(name: ViewName, options: ListOptions, io: CommandIO): ExitCode {
  const { output, headers } = options;
  if (output === "name")
    throw new EngineError("invalid-usage", "-o name lists images only; use text, wide or json", { subject: "-o name" });
  const { rows, contentId } = withMirror(options, io, "read", (mirror) =>
    mirror.snapshot(() => ({ rows: mirror.view(name), contentId: mirror.contentId() })),
  );
  const document = { apiVersion: "sallyport.dev/v1", kind: viewKinds[name], contentId, entries: rows };
  io.out(output === "json" ? toJsonText(document) : renderView(name, rows, { headers, wide: output === "wide" }));
  return 0;
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

const listExamples = `
Examples:
  sallyport mirror ls --store mirror
  sallyport mirror ls signatures -o wide      # which layers hold them, and in which layout
  sallyport mirror ls log-entries -o json
`;

/** `command` is `mirror ls`. */
export function defineList(command: Command, { io, finish }: Shell): void {
  addStoreOption(command)
    .addArgument(
      new Argument("[what]", "images with their signed material, or one kind of record")
        .choices(["images", ...viewNames])
        .default("images"),
    )
    .addOption(
      new Option("-o, --output <format>", "output format").choices(["text", "wide", "name", "json"]).default("text"),
    )
    .option("--no-headers", "omit the header line")
    .addHelpText("after", listExamples)
    .action((what: "images" | ViewName, options: ListOptions) =>
      finish(what === "images" ? list(options, io) : listOne(what, options, io)),
    );
}
