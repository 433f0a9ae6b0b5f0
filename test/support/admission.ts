/** Reviews as an API server sends them, and a webhook that answers them on loopback. */
import { request as send } from "node:http";
import type { JsonObject } from "../../core/encoding/json.ts";
import type { Knowledge } from "../../core/knowledge/knowledge.ts";
import { applyPatches } from "../../core/kyverno/outcome/apply-patches.ts";
import type { PatchOperation } from "../../core/kyverno/outcome/digest-patch.ts";
import type { Policy } from "../../core/kyverno/policy/policy.ts";
import { createEngine } from "../../core/decide/engine.ts";
import { defaultLimits } from "../../core/limits.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import { type AdmissionEvent, Webhook, type WebhookOptions } from "../../proxy/webhook/webhook.ts";
import { load, now } from "./fixture-policies.ts";
import { fixtureKnowledge } from "./fixture-images.ts";
import { serveLoopback } from "./loopback-server.ts";

export const reviewId = "705ab4f5-6393-11e8-b7cc-42010a800002";

/** The review of a resource that is made, or of what `request` says instead. */
export function reviewOf(object: JsonObject, request: JsonObject = {}): JsonObject {
  const { apiVersion, kind, metadata } = object as {
    readonly apiVersion: string;
    readonly kind: string;
    readonly metadata: { readonly name?: string; readonly namespace?: string };
  };
  const cut = apiVersion.lastIndexOf("/");
  return {
    kind: "AdmissionReview",
    apiVersion: "admission.k8s.io/v1",
    request: {
      uid: reviewId,
      kind: { group: cut < 0 ? "" : apiVersion.slice(0, cut), version: apiVersion.slice(cut + 1), kind },
      name: metadata.name ?? "",
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      operation: "CREATE",
      userInfo: { username: "alice", groups: ["system:authenticated"] },
      object,
      oldObject: null,
      dryRun: false,
      ...request,
    },
  };
}

export interface Answered {
  readonly status: number;
  readonly body: string;
  /** Of an AdmissionReview. */
  readonly allowed: boolean;
  readonly message: string;
  readonly code: number | undefined;
  readonly warnings: readonly string[];
  readonly patches: readonly PatchOperation[];
}

export interface Gate {
  readonly url: string;
  readonly webhook: Webhook;
  readonly events: AdmissionEvent[];
  readonly bugs: unknown[];
  post(path: string, review: JsonObject | string): Promise<Answered>;
  /** Through both webhooks of a failure policy, as an API server does it; the answer that denied, else the last. */
  admit(
    strictness: "fail" | "ignore",
    object: JsonObject,
    request?: JsonObject,
  ): Promise<Answered & { readonly stored: JsonObject }>;
  close(): Promise<void>;
}

/** Policies by their failure policy, over the images of the documentation. */
export async function openGate(
  texts: readonly string[],
  more: Partial<WebhookOptions> & { readonly knowledge?: Knowledge } = {},
): Promise<Gate> {
  const { policies, exceptions } = load(...texts);
  const engineFor = (which: Policy["spec"]["failurePolicy"]) =>
    createEngine({
      policies: policies.filter(({ spec }) => spec.failurePolicy === which),
      exceptions,
      crypto: nodeVerifier,
      settings: { absentNamespaceLabels: "none" },
    });
  const events: AdmissionEvent[] = [];
  const bugs: unknown[] = [];
  const webhook = new Webhook({
    engines: { fail: engineFor("Fail"), ignore: engineFor("Ignore") },
    knowledge: fixtureKnowledge,
    refreshMs: 300_000,
    concurrency: 8,
    limits: defaultLimits,
    now: () => now,
    log: (event) => void events.push(event),
    failed: (error) => void bugs.push(error),
    ...more,
  });
  const server = await serveLoopback((request, response) => webhook.handle(request, response));
  const post = async (path: string, review: JsonObject | string): Promise<Answered> => {
    const { status, body } = await exchange(
      `${server.url}${path}`,
      typeof review === "string" ? review : JSON.stringify(review),
    );
    const { response = {} } = (status === 200 ? JSON.parse(body) : {}) as { readonly response?: Json };
    const { allowed, status: said = {}, warnings = [], patch } = response;
    return {
      status,
      body,
      allowed: allowed === true,
      message: said.message ?? "",
      code: said.code,
      warnings,
      patches:
        patch === undefined ? [] : (JSON.parse(Buffer.from(patch, "base64").toString()) as readonly PatchOperation[]),
    };
  };
  return {
    url: server.url,
    webhook,
    events,
    bugs,
    post,
    async admit(strictness, object, request = {}) {
      const mutated = await post(`/mutate/${strictness}?timeout=10s`, reviewOf(object, request));
      if (!mutated.allowed) return { ...mutated, stored: object };
      const stored = applyPatches(object, mutated.patches) as JsonObject;
      const validated = await post(`/validate/${strictness}?timeout=10s`, reviewOf(stored, request));
      return { ...validated, warnings: [...new Set([...mutated.warnings, ...validated.warnings])], stored };
    },
    close: () => server.close(),
  };
}

interface Json {
  readonly allowed?: boolean;
  readonly patch?: string;
  readonly warnings?: readonly string[];
  readonly status?: { readonly message?: string; readonly code?: number };
}

function exchange(url: string, body: string): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const request = send(url, { method: "POST", headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
      response.on("error", reject);
    });
    request.on("error", reject);
    request.end(body);
  });
}
