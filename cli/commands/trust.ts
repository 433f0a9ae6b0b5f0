/** `sallyport trust`: pin a trusted_root.json in the mirror, and show what one vouches for. */
import { type Command, Option } from "commander";
import { createTufVerifier, EngineError, parseTrustedRoot, resolveTrust, type TrustedRoot } from "../../core/index.ts";
import { nodeVerifier } from "../../proxy/index.ts";
import type { CommandIO, ExitCode, Shell } from "../command.ts";
import { toJsonText } from "../render/json.ts";
import { toUtcText } from "../render/time.ts";
import { addStoreOption, type StoreOptions, withMirror } from "../input/store.ts";

interface TrustOptions extends StoreOptions {
  readonly name: string;
}

function importRoot(file: string, options: TrustOptions, io: CommandIO): ExitCode {
  const bytes = io.readFile(file);
  const root = parseTrustedRoot(bytes);
  withMirror(options, io, "write", (mirror) =>
    mirror.writer().pin({ kind: "trusted-root", name: options.name, bytes }, { at: io.now().toISOString(), from: file }),
  );
  io.out(`pinned ${options.name} ${root.digest}\n`);
  io.out(
    describe(root)
      .map(([what, name, period]) => `  ${what.padEnd(22)} ${name}  ${period}\n`)
      .join(""),
  );
  return 0;
}

const periodText = ({ start, end }: { readonly start?: Date; readonly end?: Date }): string =>
  `${start === undefined ? "always" : `from ${toUtcText(start)}`}${end === undefined ? "" : ` to ${toUtcText(end)}`}`;

/** Who is trusted for what, and when. */
const describe = (root: TrustedRoot): readonly (readonly [what: string, name: string, period: string])[] => [
  ...root.certificateAuthorities.map(({ uri, validFor }) => ["certificate authority", uri, periodText(validFor)] as const),
  ...root.tlogs.map(({ origin, logId, validFor }) => ["transparency log", `${origin ?? ""} ${logId}`.trim(), periodText(validFor)] as const),
  ...root.ctlogs.map(({ origin, logId, validFor }) => ["certificate log", `${origin ?? ""} ${logId}`.trim(), periodText(validFor)] as const),
  ...root.timestampAuthorities.map(({ uri, validFor }) => ["timestamp authority", uri, periodText(validFor)] as const),
];

/** The root of the file, or the one that the mirror holds under the name. */
function readRoot(file: string | undefined, options: TrustOptions, io: CommandIO): { readonly root: TrustedRoot; readonly from: string; readonly at?: string } {
  if (file !== undefined) return { root: parseTrustedRoot(io.readFile(file)), from: file };
  return withMirror(options, io, "read", (mirror) => {
    const answer = mirror.knowledge().answer({ kind: "trusted-root", name: options.name });
    if (answer?.state !== "present") throw new EngineError("no-trust", `the mirror holds no trusted root of this name`, { subject: options.name });
    const resolution = { name: options.name, now: () => io.now(), verifier: nodeVerifier, tuf: createTufVerifier() };
    return { root: parseTrustedRoot(resolveTrust(answer.value, resolution).bytes), from: answer.from, at: answer.at };
  });
}

function show(file: string | undefined, options: TrustOptions & { readonly output: string }, io: CommandIO): ExitCode {
  const { root, from, at } = readRoot(file, options, io);
  const rows = describe(root);
  if (options.output === "json") {
    io.out(
      toJsonText({
        apiVersion: "sallyport.dev/v1",
        kind: "TrustedRoot",
        digest: root.digest,
        from,
        at,
        trusts: rows.map(([kind, name, period]) => ({ kind, name, period })),
      }),
    );
    return 0;
  }
  io.out(`trusted root ${root.digest}\n  from ${from}${at === undefined ? "" : `, received ${toUtcText(new Date(at))}`}\n`);
  io.out(rows.map(([what, name, period]) => `  ${what.padEnd(22)} ${name}  ${period}\n`).join(""));
  return 0;
}

export function define(command: Command, { io, finish }: Shell): void {
  const named = (sub: Command): Command => addStoreOption(sub).option("--name <name>", "the name policies mean by saying nothing", "public-good");
  named(command.command("import").description("pin a trusted_root.json in the mirror").argument("<file>", "the trusted root")).action(
    (file: string, options: TrustOptions) => finish(importRoot(file, options, io)),
  );
  named(command.command("show").description("show whom a trusted root vouches for, and when").argument("[file]", "a trusted_root.json; default: the mirror's"))
    .addOption(new Option("-o, --output <format>", "form of the answer").choices(["text", "json"]).default("text"))
    .action((file: string | undefined, options: TrustOptions & { readonly output: string }) => finish(show(file, options, io)));
}
