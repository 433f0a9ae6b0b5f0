/**
 * `sallyport trust create`, and cosign's `trusted-root create`: a trusted_root.json from certificates and keys. Source:
 * docs/spec/sigstore.md#trusted-root.
 */
import type { Command } from "commander";
import { parseTimeFlag } from "../input/knowledge.ts";
import { type JsonArray, type JsonObject, parseJson } from "../../core/encoding/json.ts";
import {
  type AuthorityService,
  type LogService,
  makeTrustedRoot,
  type TrustedServices,
} from "../../core/trust/make-trusted-root.ts";
import { publicGoodTrustedRoot } from "../../core/trust/public-good.ts";
import { parseTrustedRoot } from "../../core/trust/trusted-root.ts";
import { collect, type CommandIO, type Shell } from "../command.ts";
import type { ExitCode } from "../exit-code.ts";
import { asGiven, readGivenText } from "../input/given-file.ts";
import { type OutputOptions, outputOption } from "../input/output-flag.ts";
import { isDocumentFormat, renderDocument } from "../render/document.ts";
import { toJsonText } from "../render/json.ts";
import { toYamlText } from "../render/yaml.ts";
import type { Limits } from "../../core/limits.ts";
import { usage } from "../input/given-file.ts";
import { say } from "../render/say.ts";

interface CreateOptions extends OutputOptions {
  readonly fulcio?: readonly string[];
  readonly rekor?: readonly string[];
  readonly ctfe?: readonly string[];
  readonly tsa?: readonly string[];
  readonly withDefaultServices?: boolean;
  readonly defaultFulcio: boolean;
  readonly defaultRekor: boolean;
  readonly defaultCtfe: boolean;
  readonly defaultTsa: boolean;
  readonly out?: string;
}

const services = {
  fulcio: { required: ["url", "certificate-chain"], optional: ["start-time", "end-time"] },
  tsa: { required: ["url", "certificate-chain"], optional: ["start-time", "end-time"] },
  rekor: { required: ["url", "public-key", "start-time"], optional: ["end-time", "origin"] },
  ctfe: { required: ["url", "public-key", "start-time"], optional: ["end-time", "origin"] },
} as const;
type Service = keyof typeof services;

/** `url=…,public-key=…`: known keys, each once. */
function readPairs(service: Service, text: string): ReadonlyMap<string, string> {
  const { required, optional } = services[service];
  const known: readonly string[] = [...required, ...optional];
  const pairs = new Map<string, string>();
  for (const pair of text.split(",")) {
    const at = pair.indexOf("=");
    const key = pair.slice(0, Math.max(at, 0));
    if (!known.includes(key)) throw usage(`--${service} knows ${known.join(", ")}`, pair);
    if (pairs.has(key)) throw usage(`${key} is given twice`, text);
    pairs.set(key, pair.slice(at + 1));
  }
  for (const key of required) if (!pairs.get(key)) throw usage(`--${service} needs ${key}`, text);
  return pairs;
}

function readTime(pairs: ReadonlyMap<string, string>, key: string): Date | undefined {
  const text = pairs.get(key);
  return text === undefined ? undefined : parseTimeFlag(text, key);
}

const readPem = (pairs: ReadonlyMap<string, string>, key: string, io: CommandIO): string =>
  readGivenText(pairs.get(key) ?? "", io);

function readPeriod(pairs: ReadonlyMap<string, string>): { readonly start?: Date; readonly end?: Date } {
  const start = readTime(pairs, "start-time");
  const end = readTime(pairs, "end-time");
  if (start !== undefined && end !== undefined && end < start)
    throw usage("end-time is before start-time", pairs.get("url") ?? "");
  return { ...(start === undefined ? {} : { start }), ...(end === undefined ? {} : { end }) };
}

/** Options that make an empty root. One service is added to it, to check that its file is usable. */
const noServices: TrustedServices = { fulcio: [], rekor: [], ctfe: [], tsa: [] };

const readAuthority =
  (service: "fulcio" | "tsa", io: CommandIO) =>
  (text: string): AuthorityService => {
    const pairs = readPairs(service, text);
    const chain = readPem(pairs, "certificate-chain", io);
    const made = { url: pairs.get("url") ?? "", chain, validFor: readPeriod(pairs) };
    const file = pairs.get("certificate-chain") ?? "";
    const given = { path: file, content: chain, limits: io.limits, flag: `--${service}` };
    asGiven(given, { what: "a chain for this", form: "certificate" }, () =>
      makeTrustedRoot({ ...noServices, [service]: [made] }, io.limits),
    );
    return made;
  };

const readLog =
  (service: "rekor" | "ctfe", io: CommandIO) =>
  (text: string): LogService => {
    const pairs = readPairs(service, text);
    const { start, end } = readPeriod(pairs);
    if (start === undefined) throw usage(`--${service} needs start-time`, text);
    const origin = pairs.get("origin");
    const made = {
      url: pairs.get("url") ?? "",
      key: readPem(pairs, "public-key", io),
      validFor: { start, ...(end === undefined ? {} : { end }) },
      ...(origin === undefined ? {} : { origin }),
    };
    const file = pairs.get("public-key") ?? "";
    const given = { path: file, content: made.key, limits: io.limits, flag: `--${service}` };
    asGiven(given, { what: "a log's public key", form: "public-key" }, () =>
      makeTrustedRoot({ ...noServices, [service]: [made] }, io.limits),
    );
    return made;
  };

/** The public-good instance's services of each kind, unless a flag replaces or excludes them, as in cosign. */
function withDefaults(made: JsonObject, options: CreateOptions, limits: Limits): JsonObject {
  if (options.withDefaultServices !== true) return made;
  const defaults = parseJson(publicGoodTrustedRoot(), { limits }) as JsonObject;
  const members = [
    ["tlogs", options.rekor, options.defaultRekor],
    ["certificateAuthorities", options.fulcio, options.defaultFulcio],
    ["ctlogs", options.ctfe, options.defaultCtfe],
    ["timestampAuthorities", options.tsa, options.defaultTsa],
  ] as const;
  return {
    mediaType: made.mediaType ?? null,
    ...Object.fromEntries(
      members.map(([member, own, wanted]) => [
        member,
        ((own === undefined && wanted ? defaults : made)[member] ?? []) as JsonArray,
      ]),
    ),
  };
}

function create(options: CreateOptions, io: CommandIO): ExitCode {
  const made = makeTrustedRoot(
    {
      fulcio: (options.fulcio ?? []).map(readAuthority("fulcio", io)),
      rekor: (options.rekor ?? []).map(readLog("rekor", io)),
      ctfe: (options.ctfe ?? []).map(readLog("ctfe", io)),
      tsa: (options.tsa ?? []).map(readAuthority("tsa", io)),
    },
    io.limits,
  );
  const text = toJsonText(withDefaults(made, options, io.limits));
  // Parse it, so that only an acceptable root is written.
  const { digest, ...root } = parseTrustedRoot(text, io.limits);
  if (Object.values(root).every((list) => list.length === 0))
    throw usage(
      "the trusted root would be empty: give --fulcio, --rekor, --ctfe, --tsa or --with-default-services",
      "",
    );
  if (options.out === undefined) io.out(options.output === "yaml" ? toYamlText(parseJson(text, io)) : text);
  else {
    io.writeFile(options.out, text);
    if (isDocumentFormat(options.output))
      io.out(renderDocument("TrustedRootFile", { path: options.out, digest }, options.output));
    else say(`wrote ${options.out} ${digest}`, io);
  }
  return 0;
}

export function defineCreate(command: Command, { io, finish }: Shell): void {
  command
    .option("--fulcio <pairs>", "url=…,certificate-chain=FILE[,start-time=…][,end-time=…] (repeatable)", collect)
    .option("--rekor <pairs>", "url=…,public-key=FILE,start-time=…[,end-time=…][,origin=…] (repeatable)", collect)
    .option("--ctfe <pairs>", "url=…,public-key=FILE,start-time=…[,end-time=…] (repeatable)", collect)
    .option("--tsa <pairs>", "url=…,certificate-chain=FILE[,start-time=…][,end-time=…] (repeatable)", collect)
    .option("--with-default-services", "start from the public-good instance; a flag replaces its services of that kind")
    .option("--no-default-fulcio", "without its certificate authorities")
    .option("--no-default-rekor", "without its transparency logs")
    .option("--no-default-ctfe", "without its certificate logs")
    .option("--no-default-tsa", "without its timestamp authorities")
    .option("--out <file>", "where to write it (default: standard output)")
    .addOption(outputOption())
    .addHelpText(
      "after",
      "\n" +
        "Example:\n" +
        "  sallyport trust create --fulcio url=https://fulcio.corp,certificate-chain=fulcio.pem --rekor " +
        "url=https://rekor.corp,public-key=log.pub,start-time=2024-01-01T00:00:00Z --out trusted_root.json\n",
    )
    .action((options: CreateOptions) => finish(create(options, io)));
}
