/** What is fuzzed of registries: what they ask for and answer, and files that say where and as whom they are asked. */
import { parseJson } from "../../core/encoding/json.ts";
import { decodeUtf8, encodeUtf8 } from "../../core/encoding/utf8.ts";
import { EngineError } from "../../core/errors.ts";
import { defaultLimits } from "../../core/limits.ts";
import { chooseChallenge, parseChallenges } from "../../proxy/upstream/registry/challenge.ts";
import { readDockerConfig } from "../../proxy/upstream/registry/credentials/docker-config.ts";
import { registryHosts } from "../../proxy/upstream/registry/hosts.ts";
import { readHostsFolder } from "../../proxy/upstream/registry/hosts-toml.ts";
import { nextPage } from "../../proxy/upstream/registry/next-page.ts";
import { parseRegistriesConf } from "../../proxy/upstream/registry/registries-conf.ts";
import { registryFault, saysAbsent } from "../../proxy/upstream/registry/registry-fault.ts";

const texts = (...items: readonly string[]): readonly Uint8Array[] => items.map(encodeUtf8);

export const registryTargets = {
  challenge: () => ({
    seeds: texts(
      'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push"',
      'Negotiate, Basic realm="a\\"b", Bearer realm=https://a/t?x=1,service=s',
    ),
    words: texts('"', "\\", "=", ",", " ", "Basic", "Bearer", "realm", "__proto__", "constructor"),
    run: (input: Uint8Array): void => {
      chooseChallenge(parseChallenges(Buffer.from(input).toString("latin1")));
    },
  }),
  "registry-answer": () => ({
    seeds: texts(
      '{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown","detail":{}}]}',
      '</v2/a?last=1>; rel="next", <https://ghcr.io/v2/b>; rel="prev"',
      "3600",
    ),
    words: texts("errors", "code", "message", "<", ">", ";", "rel=next", "/v2/", "https://ghcr.io"),
    run: (bytes: Uint8Array): void => {
      const text = Buffer.from(bytes).toString("latin1");
      const headers = { link: text, "ratelimit-limit": text, "retry-after": text, "content-type": text };
      const answer = { status: 429, headers, bytes, url: new URL("https://ghcr.io/v2/a") };
      registryFault(answer, { who: "nobody", now: 0, limits: defaultLimits });
      saysAbsent({ ...answer, status: 404 }, defaultLimits);
      nextPage(answer);
    },
  }),
  "registry-config": () => ({
    seeds: texts(
      '{"auths":{"https://index.docker.io/v1/":{"auth":"YTpi"},"*.io/org":{"identitytoken":"x"}},"credsStore":"y"}',
      '[[registry]]\nprefix = "ghcr.io/org"\n[[registry.mirror]]\nlocation = "a:5000/b"\n',
      'server = "https://a"\n[host."https://b/c"]\ncapabilities = ["pull"]\nclient = [["x", ""]]\nca = "x"\n',
    ),
    words: texts("auths", "auth", "*", "/", "[[registry]]", "location", "=", "[host.", "client", "\n"),
    run: (bytes: Uint8Array): void => {
      const file = (path: string, read: () => unknown): void => {
        try {
          read();
        } catch (error) {
          if (!(error instanceof EngineError)) throw new Error(path, { cause: error });
        }
      };
      const files = { read: () => bytes, list: () => ["ghcr.io"] };
      file("hosts.toml", () => readHostsFolder("/certs.d", files));
      file("registries.conf", () => {
        const rules = parseRegistriesConf(decodeUtf8(bytes), "x");
        registryHosts({ rules }).endpointsOf("ghcr.io/org/app");
      });
      readDockerConfig(parseJson(bytes, { limits: defaultLimits }), "x");
    },
  }),
};
