import type { RequestListener } from "node:http";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../../../core/limits.ts";
import { awsReader } from "../../../../proxy/upstream/kms/aws-keys.ts";
import { rejectsCode } from "../../../support/assert.ts";
import { derOf, ecKey, loadFrom, rsaKey } from "../../../support/kms.ts";
import { serveLoopback } from "../../../support/loopback-server.ts";
import { quickFetcher } from "../../../support/quick-fetcher.ts";

const test = suite("proxy/upstream/kms/aws-keys");
const key = ecKey();
const good = {
  PublicKey: derOf(key),
  KeySpec: "ECC_NIST_P256",
  KeyUsage: "SIGN_VERIFY",
  SigningAlgorithms: ["ECDSA_SHA_256"],
};

interface Config {
  readonly region?: string;
  readonly endpoint?: string;
  readonly maxAttempts: number;
  readonly requestHandler: {
    handle(request: object): Promise<{ response: { statusCode: number; body: AsyncIterable<Buffer> } }>;
  };
}

/** An SDK that answers `answer`, or throws it. */
const sdk = (answer: unknown, seen: Config[] = [], inputs: object[] = []) =>
  loadFrom({
    "@aws-sdk/client-kms": {
      KMSClient: class {
        constructor(config: Config) {
          seen.push(config);
        }
        send(command: { input: object }) {
          inputs.push(command.input);
          return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
        }
      },
      GetPublicKeyCommand: class {
        readonly input: object;
        constructor(input: object) {
          this.input = input;
        }
      },
    },
  });

const named = (name: string, more: object = {}) => Object.assign(new Error("words"), { name }, more);
const { signal } = new AbortController();
const read = (load: ReturnType<typeof sdk>, env = {}, more = {}) =>
  awsReader({ fetcher: quickFetcher(), env, limits: defaultLimits, load })(
    { service: "aws", id: "alias/app", ...more },
    "awskms:///alias/app",
    signal,
  );

test("the key and its kind; region and endpoint", async () => {
  const [seen, inputs]: [Config[], object[]] = [[], []];
  const load = sdk(good, seen, inputs);
  assert.equal(await read(load), { key: derOf(key), kind: "P-256" });
  assert.equal(inputs, [{ KeyId: "alias/app" }]);
  await read(load, { AWS_DEFAULT_REGION: "eu-west-1" });
  await read(load, { AWS_DEFAULT_REGION: "eu-west-1", AWS_REGION: "eu-west-2" });
  await read(load, { AWS_REGION: "eu-west-2" }, { region: "us-east-2", endpoint: "localhost:4566" });
  assert.equal(
    seen.map(({ region, endpoint }) => [region, endpoint]),
    [
      [undefined, undefined],
      ["eu-west-1", undefined],
      ["eu-west-2", undefined],
      ["us-east-2", "https://localhost:4566"],
    ],
  );
  // The older name of the field.
  assert.equal(await read(sdk({ ...good, KeySpec: undefined, CustomerMasterKeySpec: "ECC_NIST_P256" })), {
    key: derOf(key),
    kind: "P-256",
  });
});

test("keys that are not for signatures that can be verified here", async () => {
  const rsa = { PublicKey: derOf(rsaKey()), KeySpec: "RSA_2048", KeyUsage: "SIGN_VERIFY" };
  const pss = ["RSASSA_PSS_SHA_256"];
  assert.is((await read(sdk({ ...rsa, SigningAlgorithms: ["RSASSA_PKCS1_V1_5_SHA_256", ...pss] })))?.kind, "RSA 2048");
  for (const wrong of [
    { ...rsa, SigningAlgorithms: pss },
    { ...good, KeyUsage: "KEY_AGREEMENT" },
    { ...good, KeySpec: "ECC_SECG_P256K1" },
    { ...good, KeySpec: "toString" },
  ])
    await rejectsCode("no-key", () => read(sdk(wrong)));
  for (const wrong of [null, {}, { ...good, PublicKey: "text" }, { ...good, SigningAlgorithms: "x" }])
    await rejectsCode("upstream-error", () => read(sdk(wrong)));
});

test("a client is kept for each region and endpoint", async () => {
  const seen: Config[] = [];
  const reader = awsReader({ fetcher: quickFetcher(), env: {}, limits: defaultLimits, load: sdk(good, seen) });
  const ids = [{}, {}, { region: "us-east-2" }, { endpoint: "localhost:4566" }, { region: "us-east-2" }];
  for (const more of ids) await reader({ service: "aws", id: "alias/app", ...more }, "awskms:///alias/app", signal);
  assert.is(seen.length, 3);
});

test("absent only by AWS's word; other errors by their names", async () => {
  assert.is(await read(sdk(named("NotFoundException"))), undefined);
  const codes = {
    AccessDeniedException: "access-denied",
    UnrecognizedClientException: "access-denied",
    CredentialsProviderError: "access-denied",
    ThrottlingException: "rate-limited",
    DisabledException: "no-key",
    KMSInvalidStateException: "no-key",
    UnsupportedOperationException: "no-key",
    Unheard: "upstream-error",
    toString: "upstream-error",
  } as const;
  for (const [name, code] of Object.entries(codes)) await rejectsCode(code, () => read(sdk(named(name))));
  await rejectsCode("access-denied", () => read(sdk(named("Other", { $metadata: { httpStatusCode: 403 } }))));
  await rejectsCode("upstream-error", () => read(sdk(named("Other", { $metadata: { httpStatusCode: 404 } }))));
  await rejectsCode("invalid-config", () => read(sdk(new Error("Region is missing"))));
  await rejectsCode("no-key", () => read(loadFrom({})));
  const denied = await rejectsCode("access-denied", () =>
    read(sdk(named("AccessDeniedException")), { AWS_PROFILE: "release", AWS_SECRET_ACCESS_KEY: "s3cret" }),
  );
  assert.match(denied.message, /profile release/);
  assert.not.match(denied.message, /s3cret/);
});

test("what the SDK sends goes through the fetcher: with its authorization, and tried again", async () => {
  const heard: { readonly url?: string; readonly authorization?: string; readonly type?: string; body: string }[] = [];
  let failures = 1;
  const listener: RequestListener = (request, response) => {
    let body = "";
    request.on("data", (piece: Buffer) => {
      body += piece.toString();
    });
    request.on("end", () => {
      const { authorization = "", "content-type": type = "" } = request.headers;
      heard.push({ url: request.url ?? "", authorization, type, body });
      response.writeHead(failures-- > 0 ? 503 : 200, { "x-amzn-requestid": "7" }).end("{}");
    });
  };
  const server = await serveLoopback(listener);
  try {
    const seen: Config[] = [];
    await read(sdk(good, seen));
    const { hostname, port } = new URL(server.url);
    const { response } = await (seen[0] as Config).requestHandler.handle({
      protocol: "http:",
      hostname,
      port: Number(port),
      method: "POST",
      path: "/",
      query: { a: "1", b: ["2", "3"] },
      headers: { Authorization: "AWS4 signed", host: "elsewhere", "Content-Length": "9", "Content-Type": "x/json" },
      body: new TextEncoder().encode("{}"),
    });
    const wanted = { url: "/?a=1&b=2&b=3", authorization: "AWS4 signed", type: "x/json", body: "{}" };
    assert.equal(heard, [wanted, wanted]);
    assert.is(response.statusCode, 200);
    const pieces: Buffer[] = [];
    for await (const piece of response.body) pieces.push(piece);
    assert.is(Buffer.concat(pieces).toString(), "{}");
    assert.is(seen[0]?.maxAttempts, 1);
  } finally {
    await server.close();
  }
});

test.run();
