import { suite } from "uvu";
import * as assert from "uvu/assert";
import { amazonCredentials } from "../../../../../proxy/upstream/registry/credentials/amazon-registry.ts";
import { googleCredentials } from "../../../../../proxy/upstream/registry/credentials/google-registry.ts";
import { askMachine, requireMachine } from "../../../../../proxy/upstream/registry/credentials/machine.ts";
import { rejectsCode, throwsCode } from "../../../../support/assert.ts";
import { providerOptions, withCloud } from "../../../../support/cloud.ts";
import { serveLoopback } from "../../../../support/loopback-server.ts";
import { never } from "../../../../support/registry-server.ts";

const test = suite("proxy/upstream/registry/credentials/machine");
const ecr = { host: "123456789012.dkr.ecr.eu-central-1.amazonaws.com", path: "a" };
const gcr = { host: "europe-docker.pkg.dev", path: "a" };
const token = { authorizationData: [{ authorizationToken: Buffer.from("AWS:p:w").toString("base64"), expiresAt: 1 }] };
const password = { form: "password", username: "AWS", password: "p:w" };
const keys = { AccessKeyId: "ASIA", SecretAccessKey: "x", Token: "sess" };

/** EC2's service of the second version: it gives a token for a PUT, and all else for that token only. */
async function withMachine(act: (url: string, asked: () => readonly string[]) => Promise<void>): Promise<void> {
  const server = await serveLoopback(({ method, url, headers }, response) => {
    if (
      method === "PUT" &&
      url === "/latest/api/token" &&
      headers["x-aws-ec2-metadata-token-ttl-seconds"] !== undefined
    )
      return void response.end("imds-token");
    if (headers["x-aws-ec2-metadata-token"] !== "imds-token") return void response.writeHead(401).end();
    const roles = "/latest/meta-data/iam/security-credentials/";
    if (url === roles) return void response.end("node-role\n");
    if (url === `${roles}node-role`) return void response.end(JSON.stringify(keys));
    response.writeHead(404).end();
  });
  try {
    await act(server.url, server.asked);
  } finally {
    await server.close();
  }
}

test("the role of an EC2 machine, asked with a token; not at all where that is disabled", () =>
  withMachine((machine, asked) =>
    withCloud({ "/": token }, async (url, requests) => {
      const on = { AWS_EC2_METADATA_DISABLED: "false", AWS_EC2_METADATA_SERVICE_ENDPOINT: machine };
      const env = { ...on, AWS_ENDPOINT_URL_ECR: url };
      const found = await amazonCredentials(providerOptions(env)).find(ecr, never);
      assert.equal(found?.secret, password);
      assert.match(found?.who ?? "", /role node-role of this machine/);
      assert.equal(
        asked().map((line) => line.split(" ")[0]),
        ["PUT", "GET", "GET"],
      );
      assert.is(requests()[0]?.headers["x-amz-security-token"], "sess");
      const disabled = providerOptions({ ...env, AWS_EC2_METADATA_DISABLED: "true" });
      assert.is(await amazonCredentials(disabled).find(ecr, never), undefined);
      const own = providerOptions({ ...env, AWS_ACCESS_KEY_ID: "AKID", AWS_SECRET_ACCESS_KEY: "y" });
      await amazonCredentials(own).find(ecr, never);
      assert.equal(asked(), [], "who has keys asks no machine");
    }),
  ));

test("what ECS and EKS give to a container, with its token", () =>
  withCloud({ "/": token, "/creds": keys }, async (url, requests) => {
    const env = { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/creds`, AWS_ENDPOINT_URL_ECR: url };
    for (const [more, files, sent] of [
      [{}, {}, undefined],
      [{ AWS_CONTAINER_AUTHORIZATION_TOKEN: "t1" }, {}, "t1"],
      [{ AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: "/token" }, { "/token": "t2\n" }, "t2"],
    ] as const) {
      const found = await amazonCredentials(providerOptions({ ...env, ...more }, files)).find(ecr, never);
      assert.equal(found?.secret, password);
      assert.is(requests()[0]?.headers.authorization, sent);
    }
    const wrong = { ...env, AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/none` };
    await rejectsCode("access-denied", () => amazonCredentials(providerOptions(wrong)).find(ecr, never));
    const elsewhere = { ...env, AWS_CONTAINER_CREDENTIALS_FULL_URI: "http://evil.example/creds" };
    await rejectsCode("access-denied", () => amazonCredentials(providerOptions(elsewhere)).find(ecr, never));
  }));

test("the service account of a machine of Google's, which says that it is one", async () => {
  for (const [flavor, found] of [
    ["Google", "ya29"],
    ["other", undefined],
  ] as const) {
    const server = await serveLoopback(({ headers, url }, response) => {
      const wanted = "/computeMetadata/v1/instance/service-accounts/default/token";
      if (url !== wanted || headers["metadata-flavor"] !== "Google") return void response.writeHead(403).end();
      response.setHeader("metadata-flavor", flavor);
      response.end(JSON.stringify({ access_token: "ya29", expires_in: 3600, token_type: "Bearer" }));
    });
    try {
      const env = { GCE_METADATA_HOST: new URL(server.url).host, NO_GCE_CHECK: "false" };
      const answer = await googleCredentials(providerOptions(env)).find(gcr, never);
      assert.is(answer?.secret.form === "password" ? answer.secret.password : undefined, found);
      server.asked();
      assert.is(await googleCredentials(providerOptions({ ...env, NO_GCE_CHECK: "true" })).find(gcr, never), undefined);
      assert.equal(server.asked(), []);
    } finally {
      await server.close();
    }
  }
});

test("only documented addresses and this machine itself; a redirect leads nowhere else", async () => {
  const documented = ["169.254.169.254", "fd00:ec2::254"];
  for (const address of ["http://169.254.169.254", "http://[fd00:ec2::254]", "http://127.0.0.1:1", "http://localhost"])
    requireMachine(new URL(address), documented, "X");
  for (const address of ["http://169.254.169.253", "http://evil.example", "http://10.0.0.1", "http://[fe80::1]"])
    throwsCode("access-denied", () => requireMachine(new URL(address), documented, "X"));
  const server = await serveLoopback((_, response) =>
    response.writeHead(302, { location: "http://169.254.169.254/latest/meta-data/" }).end(),
  );
  try {
    await rejectsCode("access-denied", () => askMachine({ url: new URL(server.url), headers: {} }, never));
  } finally {
    await server.close();
  }
});

test("where nobody answers, or is silent, there are no credentials", async () => {
  const silent = await serveLoopback(() => undefined);
  try {
    assert.is(await askMachine({ url: new URL(silent.url), headers: {} }, never), undefined);
    const closed = await serveLoopback(() => undefined);
    await closed.close();
    assert.is(await askMachine({ url: new URL(closed.url), headers: {} }, never), undefined);
  } finally {
    await silent.close();
  }
});

test.run();
