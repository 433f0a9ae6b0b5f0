/** The demo's second act: a registry, a sync, and then the registry is gone. */
import { spawn } from "node:child_process";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { defaultLimits } from "../core/limits.ts";
import { openLayout } from "../proxy/archive/oci-layout.ts";
import type { Step } from "./demo-steps.ts";

const store = ["--store", "outage/mirror"] as const;

/** The registry on loopback, with its images and what the far side asks of them in `outage/`. */
export async function openUpstream(root: string, folder: string) {
  const usb = join(root, "test/fixtures/guides/across-the-gap/usb");
  const { host, close } = await startRegistry(root, usb);
  const digest = digestOfImage(join(usb, "web"));
  cpSync(usb, join(folder, "outage"), {
    recursive: true,
    filter: (path) => path === usb || path.endsWith("cosign.pub"),
  });
  const write = (name: string, text: string): void => writeFileSync(join(folder, "outage", name), text);
  write("images.txt", `${host}/shop/web:2.1\n${host}/shop/unsigned:1\n`);
  const key = readFileSync(join(usb, "cosign.pub"), "utf8");
  for (const failurePolicy of ["Fail", "Ignore"] as const)
    write(`${failurePolicy.toLowerCase()}.yaml`, policyText(host, key, failurePolicy));
  for (const [name, image] of Object.entries({
    "by-digest": `web@${digest}`,
    "by-tag": "web:2.1",
    never: "api:3",
  }))
    write(`${name}.yaml`, podText(name, `${host}/shop/${image}`));
  return { host, digest, close };
}

/** The registry of the guides, in a process of its own. */
async function startRegistry(root: string, images: string) {
  const script = join(root, "test/documentation/guide-registry.ts");
  const registry = spawn(process.execPath, ["--import", "tsx", script, images], {
    cwd: root,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = new Promise((resolve) => registry.once("close", resolve));
  const host = await new Promise<string>((resolve, reject) => {
    registry.stdout.once("data", (line: Buffer) => resolve(line.toString("utf8").trim()));
    registry.once("error", reject).once("exit", () => reject(new Error("the registry ended")));
  });
  const close = async (): Promise<void> => {
    registry.stdin.end();
    await ended;
  };
  return { host, close };
}

function digestOfImage(layout: string): string {
  const limits = defaultLimits;
  const named = { repository: "registry.example/shop/web", tag: "2.1", limits, claimedBy: "the demo" };
  const opened = openLayout(layout, named);
  try {
    return opened.images()[0]?.digest ?? "";
  } finally {
    opened.close();
  }
}

const policyText = (host: string, key: string, failurePolicy: string): string => `apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: { name: signed }
spec:
  failurePolicy: ${failurePolicy}
  rules:
    - name: signed
      match: { any: [{ resources: { kinds: [Pod] } }] }
      verifyImages:
        - imageReferences: ["${host}/*"]
          failureAction: Enforce
          attestors:
            - entries:
                - keys:
                    rekor: { ignoreTlog: true }
                    publicKeys: |-
${key.trim().replace(/^/gm, " ".repeat(22))}
`;

const podText = (name: string, image: string): string => `apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: default }
spec: { containers: [{ name: main, image: "${image}" }] }
`;

/** While the registry is there. */
export const syncStep: Step = {
  title: "Sync: what the far side's policies will ask",
  why:
    "Everything that a decision could ask is fetched. The report says beforehand what will be decided: one image is " +
    "signed, one is not.",
  words: ["mirror", "sync", "-f", "outage/images.txt", "--policies", "outage/fail.yaml", "--complete", ...store],
  exit: 0,
  shows: ["1 of 2 images covered", "no-signature"],
};

const decide = (pod: string, policy: "fail" | "ignore"): readonly string[] => [
  ...["explain", "-p", `outage/${policy}.yaml`, "-r", `outage/${pod}.yaml`, "--online", ...store],
];

/** After it is gone. */
export const outageSteps: readonly Step[] = [
  {
    title: "The registry is gone. A Pod by digest: admitted",
    why: "Everything about this digest is in the mirror, and a digest cannot be stale.",
    words: decide("by-digest", "fail"),
    exit: 0,
    shows: ["ALLOW", "could not be asked: earlier answers were used"],
  },
  {
    title: "A Pod by tag, failurePolicy Fail: denied",
    why: "What the registry last said of the tag is known. Nobody can say whether it has moved since.",
    words: decide("by-tag", "fail"),
    exit: 1,
    shows: ["DENY", "unreachable"],
  },
  {
    title: "…and failurePolicy Ignore: admitted, with a warning",
    why: "The last answer counts: the digest of then is verified, and that it may be an old one is said.",
    words: decide("by-tag", "ignore"),
    exit: 0,
    shows: ["ALLOW", "may have moved"],
  },
  {
    title: "Never mirrored, failurePolicy Fail: denied",
    why: "Nobody knows whether it is signed: unknown is not good enough.",
    words: decide("never", "fail"),
    exit: 1,
    shows: ["DENY", "unreachable"],
  },
  {
    title: "Never mirrored, failurePolicy Ignore: admitted, with a warning",
    why: "As the documentation says: with Ignore, failing calls to registries do not block Pods. It is shown.",
    words: decide("never", "ignore"),
    exit: 0,
    shows: ["ALLOW", "could not be decided, and failurePolicy", "unreachable"],
  },
];

export interface Pull {
  readonly path: string;
  readonly status: number;
  readonly warning: string | null;
}

/** What a node is answered that pulls through `serve` while the registry is gone. */
export async function pullAll(
  program: string,
  folder: string,
  { host, digest }: { readonly host: string; readonly digest: string },
  failurePolicy: "Fail" | "Ignore",
): Promise<{ readonly words: readonly string[]; readonly pulls: readonly Pull[] }> {
  const asked = ["--online", "--upstream", host, "--proxy-failure-policy", failurePolicy, "--proxy-refresh", "0s"];
  const words = ["serve", ...store, "--listen", "127.0.0.1:0", ...asked];
  const child = spawn(process.execPath, [program, ...words, "-o", "json"], {
    cwd: folder,
    stdio: ["ignore", "pipe", "ignore"],
    env: { PATH: process.env.PATH },
  });
  const ended = new Promise((resolve) => child.once("close", resolve));
  const url = await new Promise<string>((resolve, reject) => {
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (piece: string) => {
      text += piece;
      if (text.endsWith("}\n")) resolve(JSON.parse(text).listeners[0].url);
    });
    child.once("close", (code) => reject(new Error(`serve ended with ${code}`)));
  });
  const pulls: Pull[] = [];
  for (const path of [`web/manifests/${digest}`, "web/manifests/2.1", "api/manifests/3"]) {
    const answer = await fetch(`${url}/v2/shop/${path}?ns=${host}`);
    await answer.arrayBuffer();
    pulls.push({ path, status: answer.status, warning: answer.headers.get("warning") });
  }
  child.kill("SIGTERM");
  await ended;
  return { words, pulls };
}

/** By digest always; by tag under Ignore, with a warning; what was never mirrored never. */
export const wantedPulls = { Fail: [200, 503, 503], Ignore: [200, 200, 503] } as const;
