import { suite } from "uvu";
import * as assert from "uvu/assert";
import { tlsAuthority } from "../../support/tls-identity.ts";
import { runCli } from "../command-io.ts";

const test = suite("cli/commands/node-config");
const address = ["--proxy", "https://proxy.example:5000"];
const runtimes = ["containerd", "crio", "k3s", "rke2", "docker", "talos"];

test("each runtime: every part begins with its path, notes are beside it", async () => {
  for (const runtime of runtimes) {
    const { exit, out, err } = await runCli(["node-config", runtime, ...address]);
    assert.is(exit, 0, runtime);
    assert.match(out, /^# \S+\n/, runtime);
    assert.match(out, "proxy.example:5000", runtime);
    assert.match(err, /^note: /, runtime);
  }
});

test("--version is that of the runtime, before and after it", async () => {
  const words = ["node-config", "containerd", ...address];
  for (const given of [
    [...words, "--version", "1.7.28"],
    ["node-config", "--version=1.7.28", "containerd", ...address],
  ])
    assert.match((await runCli(given)).out, "io.containerd.grpc.v1.cri");
  assert.match((await runCli(words)).out, "io.containerd.cri.v1.images");
  assert.is((await runCli(["--version"])).exit, 0);
});

test("the document says whether the fallback is off", async () => {
  for (const [runtime, wanted] of [
    ["containerd", "off"],
    ["docker", "unavoidable"],
  ]) {
    const { out } = await runCli([
      "node-config",
      runtime ?? "",
      ...address,
      "--upstream",
      "GHCR.io,docker.io",
      "-o",
      "json",
    ]);
    const { fallback, upstreams, files } = JSON.parse(out);
    assert.equal([fallback, upstreams], [wanted, ["ghcr.io", "docker.io"]]);
    assert.ok(files.length >= 1);
  }
});

test("names of Docker Hub are one", async () => {
  const upstreams = ["--upstream", "index.docker.io", "--upstream", "registry-1.docker.io"];
  const { out } = await runCli(["node-config", "containerd", ...address, ...upstreams, "-o", "json"]);
  assert.equal(JSON.parse(out).upstreams, ["docker.io"]);
});

test("the authority is printed for the node; a key never is", async () => {
  const authority = await tlsAuthority();
  const { key } = await authority.issue(["proxy.example"]);
  const run = (text: string) =>
    runCli(["node-config", "containerd", ...address, "--ca", "ca.crt"], { files: { "ca.crt": text } });
  const { exit, out } = await run(`a remark\r\n${authority.ca.replaceAll("\n", "\r\n")}`);
  assert.is(exit, 0);
  assert.match(out, "# /etc/containerd/certs.d/sallyport-ca.crt\n-----BEGIN CERTIFICATE-----\n");
  assert.not.match(out, /remark|\r/);
  for (const text of [key, `${authority.ca}${key}`, "", "words"]) {
    const refused = await run(text);
    assert.is(refused.exit, 2);
    assert.is(refused.out, "");
  }
  const ofKey = await run("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n");
  assert.match(ofKey.err, /fix: +give certificates in PEM form/);
  assert.not.match(ofKey.err, "--key");
});

test("what would be written into files and paths is a host, and nothing else", async () => {
  for (const proxy of [
    "proxy:5000",
    "https://",
    "https://user:secret@proxy:5000",
    "https://proxy:5000/v2",
    "https://proxy:5000?x=y",
    'https://proxy"\n[x]',
    "https://proxy:123456",
    "ftp://proxy",
  ]) {
    const { exit, out, err } = await runCli(["node-config", "containerd", "--proxy", proxy]);
    assert.equal([exit, out], [2, ""], proxy);
    assert.not.match(err, "secret");
  }
  for (const upstream of ["../etc", "ghcr.io/org", "https://ghcr.io", "a b", "", "*", "x\ny"])
    assert.is((await runCli(["node-config", "k3s", ...address, "--upstream", upstream])).exit, 2, upstream);
  assert.is((await runCli(["node-config", "k3s", ...address, "--version", "newest"])).exit, 2);
  for (const name of ["node:secret", "", 'a"b', "a b", "a\nb"])
    assert.is((await runCli(["node-config", "k3s", ...address, "--username", name])).exit, 2, name);
  // A path cannot hold a port, which is how CRI-O would ask.
  assert.is((await runCli(["node-config", "crio", ...address, "--upstream", "ghcr.io,a.example:5000"])).exit, 2);
  assert.is((await runCli(["node-config", "podman", ...address])).exit, 2);
  assert.is((await runCli(["node-config", "k3s"])).exit, 2);
  assert.is((await runCli(["node-config", "k3s", "--proxy", "http://p", "--ca", "x"])).exit, 2);
});

test.run();
