/** Settings of whom `serve` trusts, and of how old may be what decisions rest on. */
import { trustModes, trustWords } from "../../core/trust/freshness.ts";
import type { Group } from "./setting.ts";

const day = 24 * 60 * 60_000;

export const trustSettings = {
  kind: "group",
  what: "whom to trust, for policies and for what is served below /trust",
  fields: {
    trustedRoot: {
      kind: "path",
      what: "trusted_root.json in place of the mirror's",
      flag: "trusted-root",
    },
    tufRoot: {
      kind: "path",
      what: "TUF root.json to verify TUF metadata from",
      flag: "tufRoot",
      variable: "SALLYPORT_TUF_ROOT",
    },
    tufRootRaw: {
      kind: "text",
      what: "the same as the text of root.json in base64, in place of tufRoot",
      flag: "tufRootRaw",
      variable: "SALLYPORT_TUF_ROOT_RAW",
    },
    tufMirror: {
      kind: "text",
      what:
        "TUF repository of the trusted root, asked at start and by sync.interval in mode online: a URL, or the " +
        "absolute path of a folder; default: the one that trust update or a sync used last",
      example: "https://tuf.corp.example",
      flag: "tufMirror",
      variable: "SALLYPORT_TUF_MIRROR",
    },
    mode: { kind: "text", what: trustWords.mode, values: trustModes, fallback: "budget" },
    maxAge: {
      kind: "span",
      what: trustWords.maxAge,
      fallback: "90d",
      least: 0,
      most: 3650 * day,
      flag: "max-trust-age",
    },
    warnAge: {
      kind: "span",
      what: trustWords.warnAge,
      fallback: "7d",
      least: 0,
      most: 3650 * day,
      flag: "warn-trust-age",
    },
    digest: { kind: "text", what: trustWords.digest },
    distrust: { kind: "paths", what: "lists of what is never trusted, beside the mirror's own" },
    crypto: {
      kind: "text",
      what: "who calculates signatures: OpenSSL alone, portable code alone, or the quicker one",
      values: ["auto", "openssl", "portable"],
      fallback: "auto",
      flag: "crypto",
      variable: "SALLYPORT_CRYPTO",
    },
  },
} as const satisfies Group;

export const freshnessSettings = {
  kind: "group",
  what: "how old may be what decisions rest on; policies can be stricter, by their annotations",
  fields: {
    maxMirrorAge: {
      kind: "span",
      what: trustWords.maxMirrorAge,
      example: "90d",
      least: 0,
      most: 3650 * day,
      flag: "max-mirror-age",
    },
    warnMirrorAge: {
      kind: "span",
      what: trustWords.warnMirrorAge,
      fallback: "30d",
      least: 0,
      most: 3650 * day,
      flag: "warn-mirror-age",
    },
    maxCheckpointAge: {
      kind: "span",
      what: trustWords.maxCheckpointAge,
      example: "90d",
      least: 0,
      most: 3650 * day,
      flag: "max-checkpoint-age",
    },
    warnCheckpointAge: {
      kind: "span",
      what: trustWords.warnCheckpointAge,
      example: "30d",
      least: 0,
      most: 3650 * day,
      flag: "warn-checkpoint-age",
    },
  },
} as const satisfies Group;
