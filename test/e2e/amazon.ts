/**
 * AWS as moto has it: keys of each kind, and the password with which a registry of Amazon is asked. moto signs a digest
 * as if it were a message, so that nothing is signed by its keys here.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { request } from "undici";
import * as assert from "uvu/assert";
import { tlsAuthority } from "../support/tls-identity.ts";
import { startFront, startProxy } from "./fronts.ts";
import { startApiServer } from "./api-server.ts";
import { besideSdks, byKms, installBesideSdks, signedByFile, verifying } from "./key-services.ts";
import { freePort } from "./processes.ts";
import { prepareRelease, renderRelease, serveRelease, servingContainer, tryPod, untilSaid } from "./releases.ts";
import { exits, plain, push, says, sign, startRegistry, succeeds } from "./registry-actions.ts";
import type { Scenario, Tools } from "./scenario.ts";

const region = "eu-central-1";
const account = "123456789012";

/** Returns its address. */
async function startMoto({ stage, program }: Tools): Promise<string> {
  const port = String(await freePort());
  const url = `http://127.0.0.1:${port}`;
  const words = ["-H", "127.0.0.1", "-p", port];
  await stage.serve(
    join(program("moto"), "bin", "moto_server"),
    words,
    async () => (await request(`${url}/moto-api/`)).statusCode === 200,
  );
  return url;
}

const credentials = { AWS_REGION: region, AWS_ACCESS_KEY_ID: "bot", AWS_SECRET_ACCESS_KEY: "s3cret" };

/** What moto's KMS answers. */
async function call(url: string, action: string, body: object): Promise<Readonly<Record<string, unknown>>> {
  const answer = await request(url, {
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": `TrentService.${action}`,
      // moto reads whose region it is, and no signature.
      authorization: `AWS4-HMAC-SHA256 Credential=bot/20260101/${region}/kms/aws4_request`,
    },
    body: JSON.stringify(body),
  });
  const text = await answer.body.text();
  assert.is(answer.statusCode, 200, text);
  return text === "" ? {} : (JSON.parse(text) as Readonly<Record<string, unknown>>);
}

const keys: Scenario = {
  name: "AWS: keys of P-256, P-384 and RSA in moto are those that cosign reads, and pinned they last",
  needs: ["moto", "kms-sdks", "cosign3", "crane", "ggcr-registry"],
  async run(tools) {
    const url = await startMoto(tools);
    const env = { ...credentials, AWS_ENDPOINT_URL_KMS: url, COSIGN_PASSWORD: "" };
    const run = besideSdks(tools);
    const { image } = await signedByFile(tools);
    for (const spec of ["ECC_NIST_P256", "ECC_NIST_P384", "RSA_2048"]) {
      const made = await call(url, "CreateKey", { KeyUsage: "SIGN_VERIFY", KeySpec: spec });
      const { KeyId: id } = made.KeyMetadata as { readonly KeyId: string };
      const alias = spec.toLowerCase().replaceAll("_", "-");
      await call(url, "CreateAlias", { AliasName: `alias/${alias}`, TargetKeyId: id });
      const words = ["public-key", "--key", `awskms:///alias/${alias}`];
      const pem = succeeds(await tools.stage.run(tools.program("cosign3"), words, { env })).out;
      for (const reference of [`awskms:///alias/${alias}`, `awskms:///${id}`]) {
        const pinned = await run(["mirror", "pin-key", reference, "--store", "mirror", "-o", "json"], env);
        exits(0, pinned);
        tools.stage.write("cosign.pem", pem);
        const own = await run(
          ["mirror", "pin-key", "k8s://as/cosign", "cosign.pem", "--store", "other", "-o", "json"],
          env,
        );
        exits(0, own);
        const of = (text: string): unknown => (JSON.parse(text) as { readonly fingerprint: unknown }).fingerprint;
        assert.is(of(pinned.out), of(own.out), spec);
      }
      exits(12, await run(verifying(`awskms:///alias/${alias}`, image), env), /wrong-key/);
    }
    exits(5, await run(verifying("awskms:///alias/missing", image), env), /AWS KMS does not have the key/);
    // A key that encrypts is no key of signatures.
    const { KeyMetadata: secret } = await call(url, "CreateKey", {
      KeyUsage: "ENCRYPT_DECRYPT",
      KeySpec: "SYMMETRIC_DEFAULT",
    });
    const refused = await run(verifying(`awskms:///${(secret as { readonly KeyId: string }).KeyId}`, image), env);
    exits(5, refused, /no-key/);
    assert.not.match(says(refused), /s3cret/);
    await tools.stage.stopServers();
    exits(5, await run(verifying("awskms:///alias/ecc-nist-p256", image), env), /unreachable|refused/);
  },
};

const registry: Scenario = {
  name: "AWS: a registry of Amazon is asked with the password that moto gives for the provider of a policy",
  needs: ["moto", "cosign3", "crane", "ggcr-registry"],
  async run(tools) {
    const { stage } = tools;
    const url = await startMoto(tools);
    const inside = await startRegistry("ggcr-registry", tools);
    const name = `${account}.dkr.ecr.${region}.amazonaws.com`;
    const authority = await tlsAuthority();
    stage.write("ca.pem", authority.ca);
    const image = await push(`${inside}/shop/app:signed`, tools, plain);
    await sign("cosign3", image, tools, plain);
    const users: string[] = [];
    const front = await startFront(inside, {
      tls: await authority.issue([name]),
      before({ headers }, response) {
        const user = Buffer.from((headers.authorization ?? "").replace(/^Basic /, ""), "base64").toString();
        if (user !== "") users.push(user);
        if (user === `AWS:${account}-auth-token`) return true;
        response.writeHead(401, { "www-authenticate": `Basic realm="https://${name}/",service="ecr.amazonaws.com"` });
        response.end("Not Authorized");
        return false;
      },
    });
    const proxy = await startProxy(front.host);
    try {
      const policy = (providers: readonly string[]) =>
        JSON.stringify({
          apiVersion: "kyverno.io/v1",
          kind: "ClusterPolicy",
          metadata: { name: "signed" },
          spec: {
            rules: [
              {
                name: "signed",
                match: { any: [{ resources: { kinds: ["Pod"] } }] },
                verifyImages: [
                  {
                    imageReferences: [`${name}/*`],
                    failureAction: "Enforce",
                    ...(providers.length === 0 ? {} : { imageRegistryCredentials: { providers } }),
                    attestors: [
                      {
                        entries: [
                          {
                            keys: {
                              publicKeys: readFileSync(join(stage.folder, "release.pub"), "utf8"),
                              rekor: { ignoreTlog: true },
                            },
                          },
                        ],
                      },
                    ],
                  },
                ],
              },
            ],
          },
        });
      const container = { name: "app", image: image.replace(inside, name) };
      const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "app" }, spec: { containers: [container] } };
      stage.write("pod.json", JSON.stringify(pod));
      const env = {
        ...credentials,
        AWS_ENDPOINT_URL_ECR: url,
        HTTPS_PROXY: `http://${proxy.host}`,
        DOCKER_CONFIG: "nowhere",
      };
      const apply = async (providers: readonly string[], more: Readonly<Record<string, string>> = {}) => {
        stage.write("policy.json", policy(providers));
        const words = ["apply", "policy.json", "-r", "pod.json", "--online", "--registry-cacert", "ca.pem"];
        return tools.sallyport(words, { ...env, ...more });
      };
      exits(1, await apply([]), /access-denied/);
      assert.equal(users, []);
      const good = await apply(["amazon"]);
      exits(0, good, /pass: 2, fail: 0, warn: 0, error: 0/);
      assert.ok(users.length > 0);
      assert.not.match(says(good), /auth-token|s3cret/);
      exits(1, await apply(["amazon"], { AWS_ENDPOINT_URL_ECR: "http://127.0.0.1:1" }), /unreachable|refused/);
    } finally {
      await Promise.all([proxy.close(), front.close()]);
    }
  },
};

const role = `arn:aws:iam::${account}:role/kyverno`;

/**
 * EKS sees the annotation of a service account, and gives its Pods a token and the names of two variables: that is done
 * here by hand, since no kubelet runs. moto asks nobody who he is; what it is sent is read on the way.
 */
const roleOfPod: Scenario = {
  name: "flags: the annotation for a role of Amazon and AWS_REGION: keys of KMS are read by the Pod's token",
  needs: ["api-server", "kubectl", "helm", "moto", "kms-sdks", "cosign3", "crane", "ggcr-registry"],
  async run(tools) {
    const { stage, program } = tools;
    const moto = await startMoto(tools);
    const asked: { readonly authorization: string; readonly target: string; readonly body: string }[] = [];
    const front = await startFront(new URL(moto).host, {
      passed({ headers }, body) {
        const { authorization = "", "x-amz-target": target = "" } = headers;
        asked.push({ authorization, target: String(target), body });
      },
    });
    try {
      // Two keys of the service, of which the policy names the first. moto signs messages right, digests not.
      const host = await startRegistry("ggcr-registry", tools);
      for (const name of ["release", "other"]) {
        const made = await call(moto, "CreateKey", { KeyUsage: "SIGN_VERIFY", KeySpec: "ECC_NIST_P256" });
        const { KeyId: id } = made.KeyMetadata as { readonly KeyId: string };
        await call(moto, "CreateAlias", { AliasName: `alias/${name}`, TargetKeyId: id });
        const image = await push(`${host}/shop/app:${name}`, tools, plain);
        const cosign = (...words: readonly string[]) => stage.run(program("cosign3"), words);
        const payload = succeeds(await cosign("generate", "--allow-http-registry", image)).out;
        stage.write("payload.json", payload);
        const signed = await call(moto, "Sign", {
          KeyId: id,
          Message: Buffer.from(payload).toString("base64"),
          MessageType: "RAW",
          SigningAlgorithm: "ECDSA_SHA_256",
        });
        stage.write("signature", String(signed.Signature));
        const attached = ["--payload", "payload.json", "--signature", "signature", ...plain.cosign, image];
        succeeds(await cosign("attach", "signature", ...attached));
      }
      stage.write("images.txt", ["release", "other"].map((tag) => `${host}/shop/app:${tag}\n`).join(""));
      const release = await renderRelease(tools, {
        image: { repository: "sallyport" },
        replicas: 1,
        serviceAccount: { annotations: { "eks.amazonaws.com/role-arn": role } },
        extraEnvVars: [{ name: "AWS_REGION", value: region }],
        config: {
          mode: "online",
          policies: { cluster: true },
          upstreams: [{ host, plainHTTP: true }],
          sync: { lists: ["/etc/sallyport/lists/images.txt"], interval: "1s" },
        },
        tls: { from: "cluster" },
        mirror: { existingClaim: "mirror" },
        networkPolicy: { enabled: false },
      });
      const annotations = release.ofKind("ServiceAccount", /^sallyport$/).metadata.annotations ?? {};
      const variables = servingContainer(release).env ?? [];
      assert.equal(variables, [{ name: "AWS_REGION", value: region }]);

      const cluster = await startApiServer(tools);
      await prepareRelease(tools, cluster, release);
      await cluster.kubectl(["apply", "-f", "-"], byKms(host, "awskms:///alias/release"));
      const creating = ["-n", "sallyport", "create", "token", "sallyport", "--audience", "sts.amazonaws.com"];
      const token = (await cluster.kubectl(creating)).out.trim();
      stage.write("token", token);
      await serveRelease(tools, release, {
        main: installBesideSdks(tools),
        paths: { "/etc/sallyport/lists/images.txt": "images.txt" },
        env: {
          ...Object.fromEntries(variables.map(({ name, value }) => [name, value])),
          AWS_ROLE_ARN: annotations["eks.amazonaws.com/role-arn"] ?? "",
          AWS_WEB_IDENTITY_TOKEN_FILE: join(stage.folder, "token"),
          AWS_ENDPOINT_URL_STS: `http://${front.host}`,
          AWS_ENDPOINT_URL_KMS: `http://${front.host}`,
          AWS_ACCESS_KEY_ID: "",
          AWS_SECRET_ACCESS_KEY: "",
          HOME: stage.folder,
        },
      });
      await untilSaid(tools, `${host}/shop/app:other`, /\[wrong-key\]/);
      succeeds(await tryPod(tools, "signed", `${host}/shop/app:release`));

      // The role of the annotation was taken by the token, and the key was asked for by what that gave.
      const taken = new URLSearchParams(asked.find(({ body }) => body.includes("AssumeRole"))?.body ?? "");
      assert.is(taken.get("Action"), "AssumeRoleWithWebIdentity");
      assert.is(taken.get("RoleArn"), role);
      assert.is(taken.get("WebIdentityToken"), token);
      const ofKms = asked.filter(({ target }) => target === "TrentService.GetPublicKey");
      assert.ok(ofKms.length > 0);
      for (const { authorization } of ofKms)
        assert.match(authorization, new RegExp(`Credential=ASIA[A-Z0-9]+/\\d{8}/${region}/kms/aws4_request`));

      // A key that nobody made, and a key that was asked for once.
      await cluster.kubectl(["apply", "-f", "-"], byKms(host, "awskms:///alias/missing"));
      await untilSaid(tools, `${host}/shop/app:release`, /\[no-key\]/);
      await cluster.kubectl(["apply", "-f", "-"], byKms(host, "awskms:///alias/release"));
      await front.close();
      await untilSaid(tools, `${host}/shop/app:release`, /^exit 0/);
      exits(1, await tryPod(tools, "other", `${host}/shop/app:other`), /wrong-key/);
      await stage.stopServers();
    } finally {
      await front.close();
    }
  },
};

export const amazonScenarios: readonly Scenario[] = [keys, registry, roleOfPod];
