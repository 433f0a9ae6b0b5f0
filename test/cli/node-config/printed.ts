/** What `node-config` makes, for the tests of each runtime. */
import { parse } from "smol-toml";
import {
  type NodeConfig,
  type NodeConfigOptions,
  readRuntimeVersion,
  type RuntimeVersion,
} from "../../../cli/node-config/node-config.ts";

export const ca = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

export const version = (text: string): RuntimeVersion => readRuntimeVersion(text) as RuntimeVersion;

export const options = (given: Partial<NodeConfigOptions> = {}): NodeConfigOptions => ({
  proxy: { url: "https://proxy:5000", host: "proxy:5000", isPlain: false },
  upstreams: [],
  ca: undefined,
  username: undefined,
  withFallback: false,
  version: undefined,
  ...given,
});

export const plain: NodeConfigOptions["proxy"] = { url: "http://proxy:5000", host: "proxy:5000", isPlain: true };

/** The text of the one file whose path ends so. */
export function file({ files }: NodeConfig, end: string): string {
  const [found, ...more] = files.filter(({ path }) => path.endsWith(end));
  if (found === undefined || more.length > 0) throw new Error(`${end}: ${files.map(({ path }) => path).join(", ")}`);
  return found.content;
}

export const toml = (config: NodeConfig, end: string): unknown => JSON.parse(JSON.stringify(parse(file(config, end))));
