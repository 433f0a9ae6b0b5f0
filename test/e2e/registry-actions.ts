/** What scenarios do with registries: start one, push an image, sign it. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Agent, request } from "undici";
import * as assert from "uvu/assert";
import { freePort, type Outcome } from "./processes.ts";
import type { Tools } from "./scenario.ts";

export type Registry = "distribution" | "docker-registry" | "ggcr-registry";
export type Cosign = "cosign2" | "cosign3";

export const user = { name: "bot", password: "a good password" };
/** bcrypt of that password. */
const htpasswd = `${user.name}:$2b$05$XQ3y6tlSgCQBovzufHBS2.KVGbrVYfVu70gTYz1XigIcjEOO.1Ase\n`;

export interface Settings {
  readonly login?: boolean;
  readonly tokens?: {
    readonly realm: string;
    readonly issuer: string;
    readonly service: string;
    readonly roots: string;
  };
  readonly tls?: { readonly ca: string; readonly cert: string; readonly key: string; readonly wantsClient?: boolean };
}

/** Starts a registry. Returns its host. */
export async function startRegistry(
  registry: Registry,
  { stage, program }: Tools,
  settings: Settings = {},
): Promise<string> {
  const port = await freePort();
  const host = `127.0.0.1:${port}`;
  const { tls, login, tokens } = settings;
  const agent = new Agent({ connect: { rejectUnauthorized: false } });
  const isReady = async (): Promise<boolean> => {
    if (tls?.wantsClient === true) return portAnswers(host);
    const { statusCode } = await request(`${tls === undefined ? "http" : "https"}://${host}/v2/`, {
      dispatcher: agent,
    });
    return statusCode === 200 || statusCode === 401;
  };
  if (registry === "ggcr-registry") {
    await stage.serve(program(registry), ["-port", String(port)], isReady);
    return host;
  }
  const file = (name: string, text: string): string => {
    const path = join(stage.folder, `${port}-${name}`);
    writeFileSync(path, text);
    return path;
  };
  const auth =
    login === true
      ? { htpasswd: { realm: "Registry Realm", path: file("htpasswd", htpasswd) } }
      : tokens === undefined
        ? undefined
        : {
            token: {
              realm: tokens.realm,
              service: tokens.service,
              issuer: tokens.issuer,
              rootcertbundle: file("tokens.pem", tokens.roots),
            },
          };
  const config = {
    version: "0.1",
    log: { level: "error" },
    storage: { filesystem: { rootdirectory: join(stage.folder, `${port}-data`) } },
    ...(auth === undefined ? {} : { auth }),
    http: {
      addr: host,
      secret: "a secret of the test",
      ...(tls === undefined
        ? {}
        : {
            tls: {
              certificate: file("cert.pem", tls.cert),
              key: file("key.pem", tls.key),
              ...(tls.wantsClient === true ? { clientcas: [file("ca.pem", tls.ca)] } : {}),
            },
          }),
    },
  };
  // JSON is YAML.
  await stage.serve(program(registry), ["serve", file("config.yml", JSON.stringify(config))], isReady, {
    OTEL_TRACES_EXPORTER: "none",
  });
  return host;
}

async function portAnswers(host: string): Promise<boolean> {
  await request(`http://${host}/`, { dispatcher: new Agent() }).then(({ body }) => body.dump());
  return true;
}

/** Of long texts the ends. */
const ends = (text: string): string => (text.length > 4000 ? `${text.slice(0, 2000)}\n…\n${text.slice(-2000)}` : text);

/** For a person. */
export const says = ({ exit, out, err }: Outcome): string => `exit ${exit}\n${ends(out)}\n${ends(err)}`;
export const succeeds = (outcome: Outcome): Outcome => {
  assert.is(outcome.exit, 0, says(outcome));
  return outcome;
};
export const exits = (code: number, outcome: Outcome, pattern = /./): void => {
  assert.is(outcome.exit, code, says(outcome));
  assert.ok(pattern.test(outcome.out + outcome.err), `${pattern}\n${says(outcome)}`);
};

/** Flags of crane and cosign for a registry. */
export interface Access {
  readonly crane: readonly string[];
  readonly cosign: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}
export const plain: Access = { crane: ["--insecure"], cosign: ["--allow-http-registry"] };

/** Pushes an image of one small layer. Returns its reference by digest. */
export async function push(reference: string, { stage, program }: Tools, access: Access): Promise<string> {
  const content = join(stage.folder, "content");
  mkdirSync(content, { recursive: true });
  writeFileSync(join(content, "file"), reference);
  succeeds(await stage.run("tar", ["-cf", "layer.tar", "-C", content, "file"]));
  const words = ["append", "-f", "layer.tar", "-t", reference, ...access.crane];
  return succeeds(await stage.run(program("crane"), words, { env: access.env ?? {} })).out.trim();
}

export async function sign(cosign: Cosign, image: string, { stage, program }: Tools, access: Access): Promise<void> {
  const env = { COSIGN_PASSWORD: "", ...access.env };
  const run = async (words: readonly string[]) => succeeds(await stage.run(program(cosign), words, { env }));
  await run(["generate-key-pair", "--output-key-prefix", "release"]);
  await run(["generate-key-pair", "--output-key-prefix", "other"]);
  const config = cosign === "cosign3" ? ["--use-signing-config=false"] : [];
  await run(["sign", "--key", "release.key", "--yes", "--tlog-upload=false", ...config, ...access.cosign, image]);
}
