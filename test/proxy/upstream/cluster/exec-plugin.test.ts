import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../../../core/limits.ts";
import { runPlugin } from "../../../../proxy/upstream/cluster/exec-plugin.ts";
import { type ClusterAccess, readAccess } from "../../../../proxy/upstream/cluster/kubeconfig.ts";
import type { ProgramResult, RunProgram } from "../../../../proxy/upstream/run-program.ts";
import { kubeconfigOf } from "../../../support/api-server.ts";
import { rejectsCode } from "../../../support/assert.ts";
import { memoryFiles } from "../../../support/memory-files.ts";

const test = suite("proxy/upstream/cluster/exec-plugin");
const { signal } = new AbortController();
const apiVersion = "client.authentication.k8s.io/v1";
const answer = (status: unknown, version = apiVersion): string =>
  JSON.stringify({ kind: "ExecCredential", apiVersion: version, status });

interface Ran {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

const running = (result: Partial<ProgramResult>, ran: Ran[] = []): RunProgram => {
  return (program, args, env) => {
    ran.push({ program, args, env });
    return Promise.resolve({ stdout: "", stderr: "", failure: undefined, ...result });
  };
};

function plugin(exec: object | string, run: RunProgram, cluster: object = {}) {
  const text = kubeconfigOf("https://a", { exec }, cluster);
  const access = readAccess({
    env: { HOME: "/home/bot" },
    files: memoryFiles({ "/home/bot/.kube/config": text }),
    limits: defaultLimits,
  }) as ClusterAccess & { user: NonNullable<ClusterAccess["user"]> };
  return runPlugin(access.user, access, { env: { PATH: "/bin" }, limits: defaultLimits, run }, signal);
}

test("a token until a time, or a certificate", async () => {
  const ran: Ran[] = [];
  const stdout = answer({ token: "t", expirationTimestamp: "2026-11-24T12:00:00Z" });
  const exec = { apiVersion, command: "aws", args: ["eks", "get-token"], env: [{ name: "AWS_PROFILE", value: "bot" }] };
  assert.equal(await plugin(exec, running({ stdout }, ran)), {
    token: "t",
    cert: undefined,
    key: undefined,
    until: Date.parse("2026-11-24T12:00:00Z"),
  });
  const { program, args, env } = ran[0] as Ran;
  assert.equal([program, args, env.PATH, env.AWS_PROFILE], ["aws", ["eks", "get-token"], "/bin", "bot"]);
  assert.equal(JSON.parse(env.KUBERNETES_EXEC_INFO ?? ""), {
    kind: "ExecCredential",
    apiVersion,
    spec: { interactive: false },
  });
  const beta = "client.authentication.k8s.io/v1beta1";
  const pair = { clientCertificateData: "CERT", clientKeyData: "KEY" };
  assert.equal(await plugin({ apiVersion: beta, command: "x" }, running({ stdout: answer(pair, beta) })), {
    token: undefined,
    cert: "CERT",
    key: "KEY",
    until: Number.POSITIVE_INFINITY,
  });
});

test("a path is relative to the file; the cluster is told where it is wanted", async () => {
  const ran: Ran[] = [];
  const exec = { apiVersion, command: "./bin/login", provideClusterInfo: true, interactiveMode: "Never" };
  const extension = { name: "client.authentication.k8s.io/exec", extension: { audience: "x" } };
  const run = running({ stdout: answer({ token: "t" }) }, ran);
  await plugin(exec, run, { "certificate-authority-data": "Q0E=", "tls-server-name": "k", extensions: [extension] });
  assert.is(ran[0]?.program, "/home/bot/.kube/bin/login");
  assert.equal(JSON.parse(ran[0]?.env.KUBERNETES_EXEC_INFO ?? "").spec.cluster, {
    server: "https://a",
    "tls-server-name": "k",
    "certificate-authority-data": "Q0E=",
    config: { audience: "x" },
  });
});

test("what gives no credentials is access-denied, and shows none", async () => {
  const exec = { apiVersion, command: "aws", installHint: "see aws.example" };
  const results: readonly (readonly [Partial<ProgramResult>, RegExp])[] = [
    [{ failure: "ENOENT" }, /see aws\.example/],
    [{ failure: 255, stdout: answer({ token: "s3cret" }), stderr: "one\nlog in first\n" }, /log in first/],
    [{ stdout: "" }, /./],
    [{ stdout: "s3cret" }, /./],
    [{ stdout: "{}" }, /./],
    [{ stdout: answer(undefined) }, /./],
    [{ stdout: answer({}) }, /./],
    [{ stdout: answer({ token: 1 }) }, /./],
    [{ stdout: answer({ token: "s3cret" }, "client.authentication.k8s.io/v1beta1") }, /v1beta1/],
    [{ stdout: answer({ token: "s3cret", expirationTimestamp: "soon" }) }, /./],
    [{ stdout: answer({ clientCertificateData: "CERT" }) }, /./],
  ];
  for (const [result, words] of results) {
    const error = await rejectsCode("access-denied", () => plugin(exec, running(result)));
    assert.match(error.message, words);
    assert.not.match(`${error.message} ${error.subject}`, /s3cret/);
  }
});

test("plugins that cannot be run", async () => {
  const ran: Ran[] = [];
  const run = running({ stdout: answer({ token: "t" }) }, ran);
  for (const exec of [{ apiVersion: "client.authentication.k8s.io/v1alpha1", command: "x" }, { command: "x" }])
    await rejectsCode("unsupported", () => plugin(exec, run));
  for (const wrong of [
    { command: "" },
    { command: "x", interactiveMode: "Always" },
    { command: "x", args: "y" },
    { command: "x", args: [1] },
    { command: "x", env: {} },
    { command: "x", env: [{ name: "A" }] },
  ])
    await rejectsCode("invalid-config", () => plugin({ apiVersion, ...wrong }, run));
  await rejectsCode("invalid-config", () => plugin("x", run));
  assert.is(ran.length, 0);
});

test.run();
