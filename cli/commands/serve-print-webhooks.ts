/**
 * `sallyport serve print-webhooks`: the webhook configurations for the policies of a configuration, for people who
 * apply them by hand. Source: docs/spec/command-line.md#serve.
 */
import type { Command } from "commander";
import { EngineError } from "../../core/errors.ts";
import { findAddress } from "../../proxy/serve/address.ts";
import { authorityFolder } from "../../proxy/serve/authority-folder.ts";
import { type GivenFlags, requireConfig } from "../../proxy/serve/read-config.ts";
import type { Config } from "../../proxy/serve/settings.ts";
import { type Destination, isLabel, readDestination } from "../../proxy/serve/destination.ts";
import { webhookConfigurations } from "../../proxy/webhook/webhook-configurations.ts";
import { collect, type CommandIO, type Shell } from "../command.ts";
import type { ExitCode } from "../exit-code.ts";
import { type ConfigOptions, findConfig, loadConfig, settingFlags } from "../input/config-file.ts";
import { splitLists } from "../input/files.ts";
import { readGivenText, usage } from "../input/given-file.ts";
import { outputOption, type OutputOptions } from "../input/output-flag.ts";
import { isDocumentFormat, renderDocument } from "../render/document.ts";
import { note, warn } from "../render/say.ts";
import { toYamlText } from "../render/yaml.ts";
import { readServePolicies } from "../serve/serve-policies.ts";

interface Options extends OutputOptions, ConfigOptions {
  readonly url?: string;
  readonly service?: string;
  readonly ca?: string;
  readonly exemptNamespace?: readonly string[];
  readonly exemptLabelled?: boolean;
}

/** @throws EngineError `invalid-usage` */
function destinationOf({ url, service }: Options): Destination {
  if ((url === undefined) === (service === undefined))
    throw usage("say where the API server reaches serve: --service NAMESPACE/NAME, or --url https://HOST", "--service");
  const read = readDestination(url, service);
  if ("wrong" in read) throw usage(`--${read.of} ${read.wrong}`, url ?? service ?? "");
  return read.to;
}

/** What the API server knows the webhook by: the given file, else the authority of the store. */
function readAuthorities({ ca }: Options, { store }: Config, io: CommandIO): string {
  const text = ca === undefined ? authorityFolder(store ?? "").read("ca.pem") : readGivenText(ca, io, "--ca");
  if (text === undefined)
    throw usage("serve has no authority of its own yet: start it once with tls.from: own, or give --ca FILE", "--ca");
  if (!text.includes("-----BEGIN CERTIFICATE-----") || /PRIVATE KEY/.test(text))
    throw usage("--ca is a file with certificates in PEM form, and nothing else", ca ?? "ca.pem");
  return text;
}

/** What would make the API server's calls fail, and with them, under Fail, whatever the policies guard. */
function warnOfListeners({ listeners }: Config, destination: Destination, io: CommandIO): void {
  const guards = listeners.filter(({ serves }) => serves.includes("admission"));
  if (guards.length === 0) {
    warn("no listener of this configuration serves admission: give one serves: [admission]", io);
    return;
  }
  const host =
    "url" in destination ? new URL(destination.url).hostname : `${destination.name}.${destination.namespace}.svc`;
  const isNamed = guards.some(
    ({ address, tls }) => tls.from !== "own" || [findAddress(address)?.host, ...tls.names].includes(host),
  );
  if (!isNamed)
    warn(`serve's own certificate will not name ${host}, and the API server refuses it: add it to tls.names`, io);
}

/** `flags`: of serve, which say settings here too. */
function print(options: Options, flags: GivenFlags, io: CommandIO): ExitCode {
  const file = findConfig(options, io);
  const config = requireConfig(loadConfig(file, io, { flags }));
  if (config.policies.folders.length === 0)
    throw new EngineError("invalid-config", "it names no policies: list files or folders under policies.folders", {
      subject: file ?? "the configuration",
    });
  const exemptNamespaces = splitLists(options.exemptNamespace);
  const wrong = exemptNamespaces.find((namespace) => !isLabel(namespace));
  if (wrong !== undefined) throw usage("--exempt-namespace is the name of a namespace", wrong);
  const destination = destinationOf(options);
  const { objects, exempt, guessed } = webhookConfigurations({
    policies: readServePolicies(config, io).policies,
    destination,
    authorities: readAuthorities(options, config, io),
    timeoutSeconds: config.webhooks.timeoutSeconds,
    exemptNamespaces,
    exemptsLabelled: options.exemptLabelled === true,
  });
  warnOfListeners(config, destination, io);
  for (const one of exempt) note(`not verified: ${one}`, io);
  for (const kind of guessed) note(`${kind}: the name of its resource is guessed; check it in the rules`, io);
  const { output } = options;
  if (isDocumentFormat(output)) io.out(renderDocument("WebhookConfigurations", { objects, exempt, guessed }, output));
  else io.out(objects.map((object) => toYamlText(object)).join("---\n"));
  return 0;
}

export function definePrintWebhooks(command: Command, { io, finish }: Shell): void {
  command
    .command("print-webhooks")
    .description("print the webhook configurations for the policies of a configuration")
    .option("-c, --config <file>", "the configuration (env: SALLYPORT_CONFIG)")
    .option("--service <namespace/name>", "the Service in front of serve; with :PORT unless that is 443")
    .option("--url <url>", "in place of a Service: https:// with a host")
    .option("--ca <file>", "authorities by which serve is known (default: its own)")
    .option("--exempt-namespace <name>", "a namespace whose images are not verified (repeatable)", collect)
    .option("--exempt-labelled", "do not verify in namespaces with the label sallyport.dev/verify=ignore")
    .addOption(outputOption())
    .addHelpText(
      "after",
      "\nExample:\n  sallyport serve print-webhooks --service sallyport/sallyport |\n    kubectl apply -f -\n" +
        "Exit codes: 0 printed; 2 the configuration or a policy does not load\n",
    )
    // Flags of serve that have the same names are taken for its own.
    .action((_: Options, self: Command) =>
      finish(print(self.optsWithGlobals<Options>(), settingFlags(self.parent ?? self), io)),
    );
}
