/**
 * Every setting of `sallyport serve`, once. Source: docs/spec/command-line.md#configuration.
 *
 * A setting is here when something obeys it: each has a reader outside this file.
 */
import { clusterSettings, webhookSettings } from "./cluster-settings.ts";
import type { Group, ValueOf } from "./setting.ts";
import { freshnessSettings, trustSettings } from "./trust-settings.ts";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const mib = 2 ** 20;

const failurePolicy = (what: string) => ({ kind: "text", what, values: ["Fail", "Ignore"], fallback: "Fail" }) as const;

const listener = {
  kind: "group",
  what: "an address to listen on",
  fields: {
    name: { kind: "text", what: "name in logs and metrics; default: the address", example: "registry" },
    address: {
      kind: "text",
      what: "host and port; without a host, or with 0.0.0.0 or [::], every address of this machine",
      example: "127.0.0.1:5000",
      required: true,
    },
    serves: {
      kind: "texts",
      what: "what is served here; default: everything but admission, which API servers ask by HTTPS",
      values: ["registry", "trust", "health", "metrics", "admission"],
    },
    plainHTTP: { kind: "flag", what: "whether other machines may connect without TLS", fallback: false },
    tls: {
      kind: "group",
      what: "TLS",
      fields: {
        from: {
          kind: "text",
          what: "where the certificate comes from: none (no TLS), files, own (of the store), cluster (of a Secret)",
          values: ["none", "files", "own", "cluster"],
          fallback: "none",
        },
        certificate: { kind: "path", what: "certificate with its chain, PEM; read again when it changes" },
        key: { kind: "path", what: "key of the certificate, PEM" },
        names: { kind: "texts", what: "further host names and addresses for a certificate of its own" },
      },
    },
    auth: {
      kind: "group",
      what: "who may send requests",
      fields: {
        by: {
          kind: "text",
          what: "how clients log in: none, htpasswd, token, certificate",
          values: ["none", "htpasswd", "token", "certificate"],
          fallback: "none",
        },
        file: {
          kind: "path",
          what: "htpasswd file with bcrypt hashes, file with one token a line, or CA certificates of the clients",
        },
        subjects: {
          kind: "texts",
          what: "names that a client certificate must have, in its subject's CN or its SANs; default: any name",
        },
      },
    },
  },
} as const satisfies Group;

const upstream = {
  kind: "group",
  what: "a registry that may be contacted",
  fields: {
    host: { kind: "text", what: "registry as references name it", example: "ghcr.io", required: true },
    mirrors: {
      kind: "texts",
      what: "addresses to try before the registry, such as https://cache.corp; each has the login of its own host",
    },
    authoritative: {
      kind: "flag",
      what: "whether the mirrors replace it: what they lack does not exist, and it is never contacted itself",
      fallback: false,
    },
    plainHTTP: { kind: "flag", what: "whether to connect to it without TLS", fallback: false },
    insecure: { kind: "flag", what: "whether to accept any certificate from it", fallback: false },
    ca: { kind: "path", what: "file with CA certificates for it, beside the system's" },
    clientCertificate: { kind: "path", what: "client certificate to show it, PEM" },
    clientKey: { kind: "path", what: "key of the client certificate; default: in the same file" },
    concurrency: {
      kind: "whole",
      what: "connections to it at the same time, at least two; layers take at most three quarters of them",
      least: 1,
      most: 256,
      fallback: 32,
    },
    rate: {
      kind: "whole",
      what: "at most so many requests per second to it and to each of its mirrors; 0: any number",
      least: 0,
      most: 10_000,
      fallback: 0,
    },
    credentials: {
      kind: "group",
      what: "how to log in to it; default: as docker's and podman's files say",
      fields: {
        username: { kind: "text", what: "user name" },
        passwordFile: { kind: "path", what: "file with the user's password" },
        passwordEnv: { kind: "text", what: "environment variable with the password" },
        password: { kind: "text", what: "password itself; a file or a variable is safer", secret: true },
        tokenFile: { kind: "path", what: "file with a bearer token that the registry takes" },
        tokenEnv: { kind: "text", what: "environment variable with that token" },
        token: { kind: "text", what: "token itself; a file or a variable is safer", secret: true },
      },
    },
  },
} as const satisfies Group;

export const settings = {
  kind: "group",
  what: "the configuration",
  fields: {
    mode: {
      kind: "text",
      what: "mode: offline contacts nobody; online asks the upstreams for what is not known, and syncs ask further",
      values: ["offline", "online"],
      fallback: "offline",
    },
    store: {
      kind: "path",
      what: "folder of the mirror",
      example: "/var/lib/sallyport",
      variable: "SALLYPORT_STORE",
    },
    trust: trustSettings,
    freshness: freshnessSettings,
    aliases: {
      kind: "texts",
      what: "names under which repositories are mirrored, as LOGICAL=PHYSICAL: policies judge the first",
      example: "ghcr.io/org=mirror.corp/ghcr.io/org",
      flag: "alias",
    },
    listeners: {
      kind: "items",
      what: "addresses to listen on",
      of: listener,
      fallback: [{ address: "127.0.0.1:5000" }],
      flag: "listen",
      variable: "SALLYPORT_LISTEN",
      by: "address",
    },
    allowAnonymousPrivate: {
      kind: "flag",
      what: "whether clients without a login may pull what an upstream gives to a login",
      fallback: false,
    },
    upstreams: {
      kind: "items",
      what: "registries that may be contacted; no others are",
      of: upstream,
      fallback: [],
      flag: "upstream",
      variable: "SALLYPORT_UPSTREAM",
      by: "host",
    },
    proxy: {
      kind: "group",
      what: "the registry proxy",
      fields: {
        failurePolicy: failurePolicy(
          "when an upstream is down and a tag older than refresh: Fail answers 503, Ignore serves it with a warning",
        ),
        defaultRegistry: {
          kind: "text",
          what: "registry that is meant when a request names none, as docker's do",
          fallback: "docker.io",
        },
        refresh: {
          kind: "span",
          what: "age at which tags, keys, and answers that there is none, are asked for again",
          fallback: "5m",
          least: 0,
          most: 365 * day,
        },
        layers: {
          kind: "group",
          what: "image layers",
          fields: {
            store: { kind: "flag", what: "whether to keep layers that are pulled through", fallback: false },
            size: {
              kind: "size",
              what: "space for these layers; the least recently used are removed first",
              fallback: "20GiB",
              least: 0,
              most: 2 ** 50,
            },
          },
        },
        admit: {
          kind: "text",
          what: "which images are served: all, or only those that the policies admit",
          values: ["all", "policies"],
          fallback: "all",
        },
        noMatch: {
          kind: "text",
          what: "what happens to images that no policy selects, with admit: policies",
          values: ["admit", "deny"],
          fallback: "admit",
        },
      },
    },
    sync: {
      kind: "group",
      what: "images that are fetched at intervals",
      fields: {
        lists: { kind: "paths", what: "image lists, as mirror sync reads them; their hosts must be upstreams" },
        interval: {
          kind: "span",
          what: "time from one sync to the next",
          fallback: "1h",
          least: 1000,
          most: 20 * day,
        },
        maxAge: {
          kind: "span",
          what: "time since the last sync that could ask everybody from which /readyz says that the mirror is old",
          fallback: "30d",
          least: 0,
          most: 3650 * day,
        },
        failurePolicy: failurePolicy("whether an upstream that is down fails the sync: Fail (it does) or Ignore"),
      },
    },
    snapshot: {
      kind: "group",
      what: "the snapshots of another mirror, which is then the only thing that is served",
      fields: {
        from: {
          kind: "text",
          what: "registry and repository of the snapshots, asked in mode offline too; login as under upstreams",
          example: "oci://registry.corp/sallyport/mirror",
        },
        keys: { kind: "paths", what: "public keys whose snapshots are accepted" },
        acceptPins: {
          kind: "texts",
          what:
            "digests that a snapshot may pin, or no longer pin or distrust, in the place of what is trusted here; " +
            "where nothing is here yet, all that it may pin",
        },
        interval: {
          kind: "span",
          what: "time from one look for a newer snapshot to the next",
          fallback: "1m",
          least: 1000,
          most: 20 * day,
        },
      },
    },
    policies: {
      kind: "group",
      what: "Kyverno's policies",
      fields: {
        folders: { kind: "paths", what: "files and folders with policies" },
        objects: {
          kind: "paths",
          what: "files and folders with objects of the cluster that policies of admission ask for, such as namespaces",
        },
        allowEmpty: {
          kind: "flag",
          what: "whether folders may hold no policy that is applied, at the start and after a change",
          fallback: false,
        },
        cluster: {
          kind: "flag",
          what: "whether to read policies from the API server, and watch them, beside those of folders",
          fallback: false,
          flag: "cluster",
        },
        exceptionNamespaces: {
          kind: "texts",
          what: "namespaces of the cluster whose PolicyExceptions count; * is all of them",
        },
        namespacedImageRegistry: {
          kind: "flag",
          what:
            "whether Policies of one namespace may have imageRegistry entries, which read any image that the logins " +
            "of serve can",
          fallback: false,
        },
        mayAsk: {
          kind: "texts",
          what:
            "keys (awskms:///alias/NAME), logs (https://HOST) and repositories of signatures (HOST/REPOSITORY) that " +
            "serve asks also for Policies of one namespace, and where a variable names them; one that ends with * " +
            "covers all that begin with what stands before it",
        },
      },
    },
    cluster: clusterSettings,
    webhooks: webhookSettings,
    admission: {
      kind: "group",
      what: "the webhook for API servers",
      fields: {
        refresh: {
          kind: "span",
          what: "age at which tags, keys, and answers that there is none, are asked for again, in mode online",
          fallback: "5m",
          least: 0,
          most: 365 * day,
        },
        concurrency: {
          kind: "whole",
          what: "reviews that wait for upstreams at the same time; more are told to try again",
          least: 1,
          most: 10_000,
          fallback: 64,
        },
        events: {
          kind: "flag",
          what: "whether the cluster gets Events about what did not pass; needs policies.cluster",
          fallback: false,
        },
        reports: {
          kind: "text",
          what: "API of the policy report that each resource gets in the cluster; needs policies.cluster",
          values: ["none", "wgpolicyk8s.io/v1alpha2", "openreports.io/v1alpha1"],
          fallback: "none",
        },
        kyvernoMetrics: {
          kind: "flag",
          what: "whether reviews and results are counted by Kyverno's names too, such as kyverno_policy_results_total",
          fallback: false,
        },
      },
    },
    records: {
      kind: "group",
      what: "records of what admission decided, for replay",
      fields: {
        folder: {
          kind: "path",
          what: "folder for a record of each decision of admission",
          flag: "record",
          variable: "SALLYPORT_RECORD",
        },
        key: {
          kind: "path",
          what: "private key that signs records, PEM or cosign.key; its password: COSIGN_PASSWORD",
          flag: "record-key",
          variable: "SALLYPORT_RECORD_KEY",
        },
      },
    },
    limits: {
      kind: "group",
      what: "bounds on what clients send",
      fields: {
        headers: {
          kind: "size",
          what: "bytes of a request's headers",
          fallback: "16KiB",
          least: 1024,
          most: mib,
        },
        body: {
          kind: "size",
          what: "bytes of a request's body; reviews of admission may have 32 MiB",
          fallback: "8MiB",
          least: 0,
          most: 64 * mib,
        },
        connections: {
          kind: "whole",
          what: "connections of a listener at the same time",
          least: 1,
          most: 100_000,
          fallback: 1000,
        },
        requests: {
          kind: "whole",
          what: "requests at the same time, not counting health checks",
          least: 1,
          most: 100_000,
          fallback: 512,
        },
        headerTimeout: {
          kind: "span",
          what: "time a client has to send the headers of a request",
          fallback: "10s",
          least: 1000,
          most: 10 * minute,
        },
        requestTimeout: {
          kind: "span",
          what: "time a client has to send a whole request",
          fallback: "30s",
          least: 1000,
          most: hour,
        },
        maxBundleSize: {
          kind: "size",
          what: "bytes of the largest Sigstore bundle that is read",
          fallback: "64MiB",
          least: 1,
          most: 500 * mib,
          flag: "max-bundle-size",
        },
        drain: {
          kind: "span",
          what: "time that running requests have to finish at shutdown",
          fallback: "25s",
          least: 0,
          most: hour,
        },
      },
    },
    log: {
      kind: "group",
      what: "the log, on stderr",
      fields: {
        level: {
          kind: "text",
          what: "lowest level that is logged",
          values: ["debug", "info", "warn", "error"],
          fallback: "info",
        },
        format: {
          kind: "text",
          what: "format of log lines; auto: text on a terminal, else JSON",
          values: ["auto", "json", "text"],
          fallback: "auto",
        },
      },
    },
  },
} as const satisfies Group;

export type Config = ValueOf<typeof settings>;
export type Listener = ValueOf<typeof listener>;
export type UpstreamSettings = ValueOf<typeof upstream>;

export const apiVersion = "sallyport.dev/v1alpha1";
export const configKind = "Config";
