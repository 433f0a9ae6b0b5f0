import { suite } from "uvu";
import * as assert from "uvu/assert";
import { amazonCredentials } from "../../../../../proxy/upstream/registry/credentials/amazon-registry.ts";
import { rejectsCode } from "../../../../support/assert.ts";
import { providerOptions, withCloud } from "../../../../support/cloud.ts";
import { never } from "../../../../support/registry-server.ts";

const test = suite("proxy/upstream/registry/credentials/amazon-registry");
const host = "123456789012.dkr.ecr.eu-central-1.amazonaws.com";
const keys = { AWS_ACCESS_KEY_ID: "AKID", AWS_SECRET_ACCESS_KEY: "s3cr3t" };
const token = { authorizationData: [{ authorizationToken: Buffer.from("AWS:p:w").toString("base64"), expiresAt: 1 }] };
const password = { form: "password", username: "AWS", password: "p:w" };

test("keys of the environment sign the request for a token, once for each region", () =>
  withCloud({ "/": token }, async (url, asked) => {
    const source = amazonCredentials(
      providerOptions({ ...keys, AWS_SESSION_TOKEN: "sess", AWS_ENDPOINT_URL_ECR: url }),
    );
    const found = await source.find({ host, path: "a" }, never);
    assert.equal(found?.secret, password);
    assert.match(found?.who ?? "", /AWS_ACCESS_KEY_ID/);
    const [request] = asked();
    assert.is(request?.headers["x-amz-target"], "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken");
    assert.is(request?.headers["x-amz-security-token"], "sess");
    assert.match(
      request?.headers.authorization ?? "",
      /^AWS4-HMAC-SHA256 Credential=AKID\/20261130\/eu-central-1\/ecr\/aws4_request, /,
    );
    assert.is(request?.body, "{}");
    await source.find({ host, path: "b" }, never);
    assert.equal(asked(), []);
    await source.find({ host: host.replace("central-1", "west-3"), path: "b" }, never);
    assert.match(asked()[0]?.headers.authorization ?? "", /eu-west-3\/ecr/);
  }));

test("a service account's identity is exchanged for keys first", () => {
  const Credentials = { AccessKeyId: "ASIA", SecretAccessKey: "x", SessionToken: "sess" };
  const sts = { AssumeRoleWithWebIdentityResponse: { AssumeRoleWithWebIdentityResult: { Credentials } } };
  return withCloud({ "/sts": sts, "/": token }, async (url, asked) => {
    const env = {
      AWS_ROLE_ARN: "arn:aws:iam::1:role/pull",
      AWS_WEB_IDENTITY_TOKEN_FILE: "/token",
      AWS_ENDPOINT_URL_STS: `${url}/sts`,
      AWS_ENDPOINT_URL: url,
    };
    const found = await amazonCredentials(providerOptions(env, { "/token": "jwt\n" })).find({ host, path: "a" }, never);
    assert.equal(found?.secret, password);
    const [assume, authorize] = asked();
    assert.equal(assume?.form, {
      Action: "AssumeRoleWithWebIdentity",
      Version: "2011-06-15",
      RoleArn: "arn:aws:iam::1:role/pull",
      RoleSessionName: "sallyport",
      WebIdentityToken: "jwt",
    });
    assert.match(authorize?.headers.authorization ?? "", /Credential=ASIA\//);
    await rejectsCode("access-denied", () => amazonCredentials(providerOptions(env)).find({ host, path: "a" }, never));
  });
});

test("a profile of the shared file", () =>
  withCloud({ "/": token }, async (url, asked) => {
    const file =
      "[default]\naws_access_key_id = ONE\naws_secret_access_key=x\n\n" +
      "[ci]\naws_access_key_id=TWO\naws_secret_access_key = y\n";
    const files = { "/home/me/.aws/credentials": file };
    for (const [more, id] of [
      [{}, "ONE"],
      [{ AWS_PROFILE: "ci" }, "TWO"],
    ] as const) {
      const env = { HOME: "/home/me", AWS_ENDPOINT_URL: url, ...more };
      await amazonCredentials(providerOptions(env, files)).find({ host, path: "a" }, never);
      assert.match(asked()[0]?.headers.authorization ?? "", new RegExp(`Credential=${id}/`));
    }
    const none = providerOptions({ HOME: "/home/me", AWS_ENDPOINT_URL: url, AWS_PROFILE: "other" }, files);
    assert.is(await amazonCredentials(none).find({ host, path: "a" }, never), undefined);
  }));

test("other hosts are asked nothing, and without keys nobody is", () =>
  withCloud({}, async (url, asked) => {
    const source = amazonCredentials(providerOptions({ ...keys, AWS_ENDPOINT_URL: url }));
    for (const other of ["ghcr.io", `${host}.evil.example`, "dkr.ecr.eu-central-1.amazonaws.com", "public.ecr.aws"])
      assert.is(await source.find({ host: other, path: "a" }, never), undefined);
    assert.is(await amazonCredentials(providerOptions({})).find({ host, path: "a" }, never), undefined);
    assert.equal(asked(), []);
  }));

test("a refusal, and an answer that has no token", async () => {
  for (const [answer, code] of [
    [400, "access-denied"],
    [{}, "upstream-error"],
    [{ authorizationData: [{}] }, "upstream-error"],
    [{ authorizationData: [{ authorizationToken: "%" }] }, "upstream-error"],
  ] as const)
    await withCloud({ "/": answer }, async (url) => {
      const options = providerOptions({ ...keys, AWS_ENDPOINT_URL: url });
      const { message } = await rejectsCode(code, () => amazonCredentials(options).find({ host, path: "a" }, never));
      assert.not.match(message, /s3cr3t/);
    });
});

test.run();
