import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits, limitsWith } from "../../../../core/limits.ts";
import { type AccessOptions, readAccess } from "../../../../proxy/upstream/cluster/kubeconfig.ts";
import { kubeconfigOf } from "../../../support/api-server.ts";
import { throwsCode } from "../../../support/assert.ts";
import { memoryFiles } from "../../../support/memory-files.ts";

const test = suite("proxy/upstream/cluster/kubeconfig");
const home = "/home/bot/.kube/config";
const read = (files: Readonly<Record<string, string>>, more: Partial<AccessOptions> = {}) =>
  readAccess({ env: { HOME: "/home/bot" }, files: memoryFiles(files), limits: defaultLimits, ...more });

const yaml = `
apiVersion: v1
kind: Config
current-context: prod
contexts:
- name: prod
  context: { cluster: prod, user: bot, namespace: apps }
- name: bare
  context: { cluster: bare }
- name: lost
  context: { cluster: none, user: bot }
- name: nobody
  context: { cluster: prod, user: none }
clusters:
- name: prod
  cluster:
    server: https://api.example:6443/
    certificate-authority: pki/ca.pem
    tls-server-name: kubernetes
    proxy-url: http://proxy:3128
- name: bare
  cluster: { server: api.example, insecure-skip-tls-verify: true }
- name: pathed
  cluster: { server: "https://rancher.example/k8s/clusters/c-1" }
users:
- name: bot
  user: { token: t0ken }
`;

test("the current context, and another", () => {
  const files = { [home]: yaml, "/home/bot/.kube/pki/ca.pem": "CA" };
  const access = read(files);
  assert.equal(
    { ...access, cluster: undefined },
    {
      server: "https://api.example:6443",
      ca: "CA",
      tls: { serverName: "kubernetes", insecure: undefined },
      proxy: "http://proxy:3128",
      namespace: "apps",
      user: { name: "bot", file: home, fields: { token: "t0ken" } },
      cluster: undefined,
    },
  );
  const bare = read(files, { context: "bare" });
  assert.equal(
    [bare.server, bare.ca, bare.tls.insecure, bare.namespace],
    ["https://api.example", undefined, true, "default"],
  );
  assert.equal(bare.user, { name: "anonymous", file: home, fields: {} });
  for (const context of ["lost", "nobody", "none", "toString"])
    throwsCode("invalid-config", () => read(files, { context }));
  throwsCode("invalid-config", () => read({ [home]: yaml }));
});

test("data beats a file, and must be base64", () => {
  const cluster = (more: object) => read({ [home]: kubeconfigOf("https://a", {}, more) });
  const data = Buffer.from("CA").toString("base64");
  assert.is(cluster({ "certificate-authority-data": data, "certificate-authority": "none" }).ca, "CA");
  throwsCode("invalid-config", () => cluster({ "certificate-authority-data": "?" }));
  throwsCode("invalid-config", () => cluster({ "certificate-authority-data": 1 }));
  assert.is(cluster({ server: "https://rancher.example/k8s/c-1/" }).server, "https://rancher.example/k8s/c-1");
  for (const server of ["", "ftp://a", "https://u:s3cret@a", "https://a?b"]) {
    const error = throwsCode("invalid-config", () => cluster({ server }));
    assert.not.match(`${error.message} ${error.subject}`, /s3cret/);
  }
});

test("several files: what stands in the first counts, what is missing is passed over", () => {
  const one = { contexts: [{ name: "c", context: { cluster: "k", user: "bot" } }] };
  const two = {
    "current-context": "c",
    contexts: [{ name: "c", context: { cluster: "other" } }],
    clusters: [{ name: "k", cluster: { server: "https://two", "certificate-authority": "ca.pem" } }],
  };
  const three = {
    "current-context": "d",
    clusters: [{ name: "k", cluster: { server: "https://three" } }],
    users: [{ name: "bot" }],
  };
  const files = {
    "/1/config": JSON.stringify(one),
    "/2/config": JSON.stringify(two),
    "/3/config": JSON.stringify(three),
    "/2/ca.pem": "CA",
    "/4/config": "",
  };
  const env = { HOME: "/home/bot", KUBECONFIG: "/none:/1/config::/4/config:/2/config:/3/config" };
  const access = read(files, { env });
  assert.equal([access.server, access.ca, access.user?.file], ["https://two", "CA", "/3/config"]);
  // A file that is named on the command line stands alone, and has to be there.
  throwsCode("invalid-config", () => read({ ...files, [home]: yaml }, { env, kubeconfig: "/none" }));
  assert.is(read({ ...files, "/5": kubeconfigOf("https://five") }, { env, kubeconfig: "/5" }).server, "https://five");
});

test("the service account of a Pod, where no kubeconfig names a cluster", () => {
  const folder = "/var/run/secrets/kubernetes.io/serviceaccount";
  const pod = { [`${folder}/ca.crt`]: "CA", [`${folder}/token`]: "t", [`${folder}/namespace`]: "apps\n" };
  const env = { KUBERNETES_SERVICE_HOST: "10.0.0.1", KUBERNETES_SERVICE_PORT: "443", HOME: "/home/bot" };
  const access = read(pod, { env });
  assert.equal(
    [access.server, access.ca, access.namespace, access.user],
    ["https://10.0.0.1", "CA", "apps", undefined],
  );
  const six = { ...env, KUBERNETES_SERVICE_HOST: "fd00::1", KUBERNETES_SERVICE_PORT: "6443" };
  assert.is(read(pod, { env: six }).server, "https://[fd00::1]:6443");
  assert.is(read({ ...pod, [home]: kubeconfigOf("https://a") }, { env }).server, "https://a");
  throwsCode("invalid-config", () => read(pod, { env, context: "c" }));
  throwsCode("invalid-config", () => read({}, { env }));
  throwsCode("invalid-config", () => read({}));
});

test("what is no kubeconfig; a message shows nothing of it", () => {
  for (const text of ["[]", "x", "a: [", "a: *b", "token: s3cret\ntoken: s3cret", "users: 1\ncontexts: [1, {}]"]) {
    const error = throwsCode("invalid-config", () => read({ [home]: text }));
    assert.not.match(`${error.message} ${error.subject}`, /s3cret/);
  }
  const twenty = (what: string) => `[${`${what},`.repeat(20)}]`;
  const levels = Array.from({ length: 8 }, (_, at) => `b${at}: &b${at} ${twenty(at === 0 ? "*a" : `*b${at - 1}`)}`);
  const bomb = [`a: &a ${twenty("x")}`, ...levels].join("\n");
  throwsCode("invalid-config", () => read({ [home]: bomb }));
  throwsCode("over-limit", () => read({ [home]: yaml }, { limits: limitsWith({ resourceBytes: 10 }) }));
  const none = kubeconfigOf("https://a").replace('"current-context":"c"', '"current-context":""');
  throwsCode("invalid-config", () => read({ [home]: none }));
});

test.run();
