/** `sallyport node-config`: what nodes need to pull images through a proxy. Source: docs/guides/nodes.md. */
import { Argument, type Command } from "commander";
import { isHost } from "../../core/oci/reference.ts";
import { parseCertificatesPem } from "../../core/x509/certificate.ts";
import { collect, type CommandIO, type Shell } from "../command.ts";
import type { ExitCode } from "../exit-code.ts";
import { asGiven, readGivenText, usage } from "../input/given-file.ts";
import { splitLists } from "../input/files.ts";
import { outputOption, type OutputOptions } from "../input/output-flag.ts";
import { containerdConfig } from "../node-config/containerd.ts";
import { crioConfig } from "../node-config/crio.ts";
import { dockerConfig } from "../node-config/docker.ts";
import { k3sConfig } from "../node-config/k3s.ts";
import {
  type NodeConfig,
  type NodeConfigOptions,
  type ProxyAddress,
  readRuntimeVersion,
} from "../node-config/node-config.ts";
import { talosConfig } from "../node-config/talos.ts";
import { isDocumentFormat, renderDocument } from "../render/document.ts";
import { note } from "../render/say.ts";

const runtimes: Readonly<Record<string, (options: NodeConfigOptions) => NodeConfig>> = {
  containerd: containerdConfig,
  crio: crioConfig,
  k3s: (options) => k3sConfig(options, "k3s"),
  rke2: (options) => k3sConfig(options, "rke2"),
  docker: dockerConfig,
  talos: talosConfig,
};

interface Options extends OutputOptions {
  readonly proxy: string;
  readonly upstream?: readonly string[];
  readonly ca?: string;
  readonly username?: string;
  readonly version?: string;
  readonly withFallback?: boolean;
}

/** @throws EngineError `invalid-usage` for an address with anything but a host: a password would be printed. */
function readProxy(text: string): ProxyAddress {
  const [, scheme = "", found = ""] = /^(https?):\/\/([^/?#\s]+)\/?$/i.exec(text) ?? [];
  const name = found.toLowerCase();
  if (!isHost(name))
    throw usage(
      "--proxy is an address with a scheme, a host and a port, and nothing else: https://proxy:5000",
      "--proxy",
    );
  return { url: `${scheme.toLowerCase()}://${name}`, host: name, isPlain: scheme.toLowerCase() === "http" };
}

/** Other names of Docker Hub; nodes know it by one. */
const hubNames = new Set(["docker.io", "index.docker.io", "registry-1.docker.io"]);

/** Whatever is written into a file's path or text is a host and nothing else. @throws EngineError `invalid-usage` */
function readUpstream(text: string): string {
  const name = text.trim().toLowerCase();
  if (!isHost(name)) throw usage("--upstream is a registry's host, such as ghcr.io or registry.example:5000", text);
  return hubNames.has(name) ? "docker.io" : name;
}

/** A colon ends the name in a login, and others end a text in some file. @throws EngineError `invalid-usage` */
function readUsername(text: string): string {
  if (!/^[\w.@+~-]{1,128}$/.test(text))
    throw usage("--username is a name alone: no password, and no colon", "--username");
  return text;
}

/** @throws EngineError `invalid-usage` for a file that holds anything but certificates. */
function readAuthority(path: string, io: CommandIO): string {
  const pem = readGivenText(path, io, "--ca");
  const given = { path, content: pem, limits: io.limits, flag: "--ca" };
  const certificates = asGiven(given, { what: "a certificate in PEM form", form: "certificate" }, () =>
    parseCertificatesPem(pem, io.limits),
  );
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  // What stands between certificates is not passed on: it may be anything.
  if (certificates.length === 0 || blocks.length !== certificates.length || /PRIVATE KEY/.test(pem))
    throw usage("--ca holds certificates in PEM form, and nothing else", path);
  return blocks.map((block) => `${block.replaceAll("\r", "")}\n`).join("");
}

function readOptions(
  { proxy, upstream, ca, username, version, withFallback }: Options,
  io: CommandIO,
): NodeConfigOptions {
  const known = version === undefined ? undefined : readRuntimeVersion(version);
  if (version !== undefined && known === undefined)
    throw usage("--version is the version of what runs containers on the node, such as 2.1.6", version);
  const address = readProxy(proxy);
  if (address.isPlain && ca !== undefined) throw usage("--ca is for an https proxy; this one is http", "--ca");
  return {
    proxy: address,
    upstreams: [...new Set(splitLists(upstream).map(readUpstream))],
    ca: ca === undefined ? undefined : readAuthority(ca, io),
    username: username === undefined ? undefined : readUsername(username),
    withFallback: withFallback === true,
    version: known,
  };
}

function run(runtime: string, given: Options, io: CommandIO): ExitCode {
  const options = readOptions(given, io);
  const { fallback, files, notes } = (runtimes[runtime] as (typeof runtimes)[string])(options);
  if (isDocumentFormat(given.output)) {
    const version = options.version === undefined ? {} : { version: options.version.text };
    const { upstreams, proxy } = options;
    io.out(
      renderDocument(
        "NodeConfig",
        { runtime, ...version, proxy: proxy.url, upstreams, fallback, files, notes },
        given.output,
      ),
    );
    return 0;
  }
  io.out(files.map(({ path, content }) => `# ${path}\n${content}`).join("\n"));
  for (const text of notes) note(text, io);
  return 0;
}

export function define(command: Command, { io, finish }: Shell): void {
  command
    .addArgument(new Argument("<runtime>", "what runs containers on the node").choices(Object.keys(runtimes)))
    .requiredOption("--proxy <url>", "the proxy as nodes reach it: https://HOST:PORT")
    .option("--version <version>", "version of the runtime, such as 2.1.6; older ones need other files")
    .option(
      "--upstream <host>",
      "a registry that is pulled through the proxy (repeatable, comma list); without it all are",
      collect,
    )
    .option("--ca <file>", "the authority of the proxy's certificate, printed for the node")
    .option("--username <name>", "user name with which nodes log in to the proxy; its password is never printed")
    .option("--with-fallback", "let nodes pull from the registry itself when the proxy gives no image")
    .addOption(outputOption())
    .addHelpText(
      "after",
      "\nEach part begins with its path on the node.\n" +
        "Passwords are never printed. Nothing is contacted.\n" +
        "\nExample:\n  sallyport node-config containerd --proxy https://proxy.example:5000 --ca ca.crt\n",
    )
    .action((runtime: string, options: Options) => finish(run(runtime, options, io)));
}
