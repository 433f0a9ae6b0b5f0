/**
 * What the guides' commands of other programs may hold: subcommands, flags, and how many arguments. From the help of
 * cosign 3.1.3, oras 1.3.6, Helm 4.1 and kubectl 1.36, and the published reference of skopeo 1.20 and the Kyverno CLI
 * 1.19.
 */

interface Form {
  /** Flags with a value. */
  readonly values: readonly string[];
  readonly switches?: readonly string[];
  readonly arguments: readonly [least: number, most: number];
}

const verify = [
  "--key",
  "--certificate-identity",
  "--certificate-identity-regexp",
  "--certificate-oidc-issuer",
  "--certificate-oidc-issuer-regexp",
  "--trusted-root",
  "-a",
  "-o",
];
const ignore = ["--insecure-ignore-tlog", "--insecure-ignore-sct"];

const forms: Readonly<Record<string, Form>> = {
  "cosign save": { values: ["--dir"], arguments: [1, 1] },
  "cosign load": { values: ["--dir"], arguments: [1, 1] },
  "cosign verify": { values: verify, switches: ignore, arguments: [1, 99] },
  "cosign verify-attestation": { values: [...verify, "--type"], switches: ignore, arguments: [1, 99] },
  "cosign tree": { values: [], arguments: [1, 1] },
  "cosign download signature": { values: [], arguments: [1, 1] },
  "cosign initialize": { values: ["--mirror", "--root"], arguments: [0, 0] },
  "cosign env": { values: [], arguments: [0, 0] },
  "cosign version": { values: [], arguments: [0, 0] },
  "cosign trusted-root create": { values: ["--out"], switches: ["--with-default-services"], arguments: [0, 0] },
  "oras cp": { values: [], switches: ["-r", "--to-oci-layout"], arguments: [2, 2] },
  "oras push": { values: [], arguments: [2, 2] },
  "skopeo copy": { values: [], switches: ["--all"], arguments: [2, 2] },
  "docker build": { values: ["-t"], arguments: [1, 1] },
  "docker push": { values: [], arguments: [1, 1] },
  "helm install": { values: ["-n", "--values", "--set"], arguments: [2, 2] },
  "helm upgrade": { values: ["-n", "--values", "--set"], arguments: [2, 2] },
  "helm uninstall": { values: ["-n"], arguments: [1, 1] },
  "kubectl create namespace": { values: [], arguments: [1, 1] },
  "kubectl create configmap": { values: ["-n", "--from-file", "--from-literal"], arguments: [1, 1] },
  "kubectl create secret": { values: ["-n", "--from-file"], arguments: [2, 2] },
  "kubectl apply": { values: ["-f"], arguments: [0, 0] },
  "kubectl rollout status": { values: ["-n"], arguments: [1, 1] },
  "kubectl run": { values: ["--image"], arguments: [1, 1] },
  "kubectl get": { values: ["-n", "-o", "--field-selector"], switches: ["-A"], arguments: [1, 2] },
  "kubectl delete": { values: ["-n"], arguments: [1, 99] },
  "docker login": { values: ["-u"], switches: ["--password-stdin"], arguments: [0, 1] },
  "docker save": { values: ["-o"], arguments: [1, 99] },
  "kyverno apply": { values: ["-r", "-o"], switches: ["-p", "-t", "--cluster"], arguments: [1, 99] },
  "kyverno test": { values: [], arguments: [1, 99] },
  "kyverno jp query": { values: ["-i"], arguments: [0, 99] },
  "kyverno jp parse": { values: [], arguments: [0, 99] },
  "kyverno jp function": { values: [], arguments: [0, 99] },
};

/** Programs of every machine. */
const ofTheShell = new Set(["mkdir", "cp", "find", "sha256sum"]);

/** The words of a command, without quotes. */
export const words = (command: string): readonly string[] =>
  [...command.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, plain]) => single ?? double ?? plain ?? "",
  );

/** What is wrong with a command of another program. */
export function faultOfOther(command: string): string | undefined {
  const all = words(command);
  if (ofTheShell.has(all[0] ?? "")) return undefined;
  const name = [3, 2].map((length) => all.slice(0, length).join(" ")).find((text) => Object.hasOwn(forms, text));
  const form = name === undefined ? undefined : forms[name];
  if (name === undefined || form === undefined) return "no program that a guide may use";
  const rest = all.slice(name.split(" ").length);
  let count = 0;
  for (let at = 0; at < rest.length; at++) {
    const [flag = "", value] = (rest[at] ?? "").split("=");
    if (!flag.startsWith("-")) count += 1;
    else if (form.switches?.includes(flag)) continue;
    else if (!form.values.includes(flag)) return `${name} has no ${flag}`;
    else if (value === undefined) at += 1;
  }
  const [least, most] = form.arguments;
  return count < least || count > most ? `${name} with ${count} arguments` : undefined;
}
