/** Policies and Pods for tests of commands that decide. */

const indent = (text: string, by: number): string => text.trim().replace(/^/gm, " ".repeat(by));

export interface PolicyParts {
  readonly name?: string;
  readonly action?: "Audit" | "Enforce";
  readonly annotations?: string;
  readonly failurePolicy?: "Fail" | "Ignore";
  readonly images?: string;
  /** The rest of the `verifyImages` entry, indented by ten. */
  readonly more?: string;
}

/**
 * One rule that asks for a signature by the key, whatever the log. Without digest mutation, so that an Audit policy is
 * valid too.
 */
export const policyFor = (publicPem: string, parts: PolicyParts = {}): string => `apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata:
  name: ${parts.name ?? "check-images"}
  annotations: { policies.kyverno.io/title: Check${parts.annotations === undefined ? "" : `, ${parts.annotations}`} }
spec:
  validationFailureAction: ${parts.action ?? "Enforce"}
  failurePolicy: ${parts.failurePolicy ?? "Fail"}
  rules:
    - name: signed
      match:
        any:
          - resources:
              kinds: [Pod]
      verifyImages:
        - imageReferences: ["${parts.images ?? "registry.example/*"}"]
          mutateDigest: false
          verifyDigest: false
          required: false
          attestors:
            - entries:
                - keys:
                    publicKeys: |-
${indent(publicPem, 22)}
                    rekor:
                      ignoreTlog: true
${parts.more ?? ""}`;

export const podFor = (name: string, ...images: readonly string[]): string => `apiVersion: v1
kind: Pod
metadata:
  name: ${name}
  namespace: shop
spec:
  containers:
${images.map((image, index) => `    - name: c${index}\n      image: ${image}\n`).join("")}`;
