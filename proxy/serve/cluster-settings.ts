/** Settings of what `serve` asks and writes at an API server. */
import type { Group } from "./setting.ts";

export const clusterSettings = {
  kind: "group",
  what: "the API server, which is asked in mode offline too where something here needs it",
  fields: {
    kubeconfig: {
      kind: "path",
      what: "kubeconfig file; default: KUBECONFIG, or the service account of this Pod",
      flag: "kubeconfig",
    },
    context: { kind: "text", what: "context of the kubeconfig", flag: "context" },
    imagePullSecrets: {
      kind: "texts",
      what: "Secrets of the cluster, NAME or NAMESPACE/NAME, with logins for registries, in mode online",
      flag: "imagePullSecrets",
      variable: "SALLYPORT_IMAGE_PULL_SECRETS",
    },
  },
} as const satisfies Group;

export const webhookSettings = {
  kind: "group",
  what: "the webhook configurations of the API server",
  fields: {
    write: {
      kind: "flag",
      what: "whether serve writes them once its policies are in force, and keeps them as those are",
      fallback: false,
    },
    service: {
      kind: "text",
      what: "Service in front of serve, as NAMESPACE/NAME, with :PORT unless that is 443",
      example: "sallyport/sallyport",
    },
    url: { kind: "text", what: "in place of a Service: https:// with a host" },
    ca: { kind: "path", what: "authorities of the certificate, PEM, where it is of files" },
    timeoutSeconds: {
      kind: "whole",
      what: "seconds that the API server waits for an answer, where a policy does not say webhookTimeoutSeconds",
      fallback: 10,
      least: 1,
      most: 30,
      flag: "webhooktimeout",
      // Kyverno's documentation spells it both ways.
      otherFlag: "webhookTimeout",
      variable: "SALLYPORT_WEBHOOK_TIMEOUT",
    },
    exemptNamespaces: { kind: "texts", what: "namespaces whose images nobody verifies" },
    exemptLabelled: {
      kind: "flag",
      what: "whether namespaces with the label sallyport.dev/verify=ignore are not verified",
      fallback: false,
    },
    ownLabels: {
      kind: "texts",
      what: "labels, as KEY=VALUE, of the program's own Pods and what makes them, in its own namespace: not verified",
      example: "app.kubernetes.io/name=sallyport",
    },
  },
} as const satisfies Group;
