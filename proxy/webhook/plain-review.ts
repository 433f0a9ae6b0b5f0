/**
 * A review without what plain policies do not read, which is most of a Pod, and most of the time that it takes to parse
 * it. What is left out is gone through by its brackets and texts alone: an API server sends no text that is not JSON.
 * Source: RFC 8259, docs/architecture.md#the-memo.
 */
import { knownPod } from "../../core/admission/kept-request.ts";
import { type Review, readReview } from "../../core/admission/review.ts";
import { EngineError, type Limits } from "../../core/index.ts";
import type { WasmHost } from "../../core/kernel/field.ts";
import type { Members, Room } from "../../core/kernel/shortening-code.ts";
import { wasmHost } from "../host/wasm-host.ts";
import { openShortening, type Shorten } from "./shortening.ts";

const whole = "whole";
const container: Members = { name: whole, image: whole, imagePullSecrets: whole };
const podSpec: Members = {
  containers: [container],
  initContainers: [container],
  ephemeralContainers: [container],
  volumes: [container],
  imagePullSecrets: whole,
  serviceAccountName: whole,
};
/** What makes Pods, and what makes that. */
const template: Members = { imagePullSecrets: whole, spec: podSpec };
const jobTemplate: Members = { imagePullSecrets: whole, spec: { imagePullSecrets: whole, template } };
const object: Members = {
  apiVersion: whole,
  kind: whole,
  metadata: {
    name: whole,
    generateName: whole,
    namespace: whole,
    uid: whole,
    labels: whole,
    annotations: whole,
    ownerReferences: whole,
  },
  imagePullSecrets: whole,
  spec: { ...podSpec, template, jobTemplate },
};
const keptOfReview: Members = {
  kind: whole,
  apiVersion: whole,
  request: {
    uid: whole,
    kind: whole,
    subResource: whole,
    name: whole,
    namespace: whole,
    operation: whole,
    userInfo: whole,
    object,
    oldObject: object,
    dryRun: whole,
  },
};

/** Larger reviews are parsed as they came. */
const room: Room = { text: 1024 * 1024, kept: 64 * 1024 };

/**
 * A review of what is a Pod or makes Pods, with what plain policies read of it. Undefined for any other, and for one
 * that has a fault: who reads the whole says which.
 */
export type FindPlainReview = (body: Uint8Array, limits: Limits) => Review | undefined;

/** Makes reviews shorter. */
export const openReviewShortening = (host: WasmHost | undefined): Shorten | undefined =>
  openShortening(keptOfReview, room, host);

/** Undefined where reviews cannot be made shorter: then each is parsed as it came. */
export function openPlainReviews(host: WasmHost | undefined): FindPlainReview | undefined {
  const shorten = openReviewShortening(host);
  return shorten && ((body, { jsonDepth }) => findPlainReview(shorten(body, jsonDepth)));
}

/** One for all webhooks: one review after the other uses its memory. */
let opened: { readonly find: FindPlainReview | undefined } | undefined;

export function plainReviews(): FindPlainReview | undefined {
  opened ??= { find: openPlainReviews(wasmHost()) };
  return opened.find;
}

function findPlainReview(text: string | undefined): Review | undefined {
  if (text === undefined) return undefined;
  try {
    const { uid, request: read } = readReview(text, "bounded");
    const request = read();
    const { object } = request;
    return object !== undefined && knownPod(object, request) !== undefined
      ? { uid, request: () => request }
      : undefined;
  } catch (error) {
    if (error instanceof EngineError) return undefined;
    throw error;
  }
}
