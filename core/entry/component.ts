/**
 * What the WebAssembly component exports: synchronous functions, JSON texts in and out, the time an argument. It asks
 * nobody, imports nothing, and holds one capsule. An error is a JSON text too. Source: docs/spec/bundles.md#component.
 */
import { readReview } from "../admission/review.ts";
import { refuseRoleSelectors } from "../admission/role-selectors.ts";
import { type Capsule, openCapsule } from "../capsule/open-capsule.ts";
import { parsePublicKeysPem } from "../crypto/public-key.ts";
import type { SignatureVerifier } from "../crypto/signature-verifier.ts";
import { createEngine, type Decision, type Engine } from "../decide/engine.ts";
import { toDecisionJson, toFailureJson, toOpenJson } from "../decide/result-json.ts";
import { verifyByAttestor } from "../decide/verify-by-attestor.ts";
import { parseInstant } from "../encoding/instant.ts";
import { parseJson } from "../encoding/json.ts";
import { readObject } from "../encoding/shape.ts";
import { encodeUtf8 } from "../encoding/utf8.ts";
import { EngineError } from "../errors.ts";
import type { AdmissionRequest } from "../kyverno/rule/request.ts";
import { requestFor } from "../kyverno/rule/resource-request.ts";
import { type Limits, limitsWith } from "../limits.ts";
import { readVerifyRequest } from "../verify/verify-request.ts";

interface Loaded {
  readonly capsule: Capsule;
  readonly engine: Engine;
}

/**
 * The text of an answer, or an error as a text: the outermost place of this program, where also what is a bug becomes
 * one. A component's `result` has texts on both sides.
 */
function answered(work: () => unknown): string {
  try {
    return JSON.stringify(work());
  } catch (error) {
    if (!(error instanceof EngineError))
      throw JSON.stringify({ code: "bug", message: `this is a bug in sallyport; nothing was decided: ${error}` });
    const { code, message, subject } = error;
    throw JSON.stringify({ code, message, subject });
  }
}

const readRequest = (text: string, limits: Limits) =>
  readObject(parseJson(encodeUtf8(text), { limits, maxBytes: limits.reviewBytes, subject: "request" }), "");

/** A resource stands for the request that creates it; an AdmissionReview has its own. */
function requestOf(text: string, limits: Limits): AdmissionRequest {
  const object = readRequest(text, limits);
  return object.kind === "AdmissionReview" ? readReview(text, limits).request() : requestFor(object);
}

/** `crypto`: who verifies signatures. */
export function createComponent(crypto: SignatureVerifier) {
  let held: Loaded | undefined;

  function loaded(): Loaded {
    if (held === undefined) throw new EngineError("invalid-usage", "no capsule is loaded", { subject: "load" });
    return held;
  }

  function decide(request: string, now: string): Decision {
    const { capsule, engine } = loaded();
    return engine.decide(requestOf(request, engine.limits), capsule.knowledge, parseInstant(now, "now"));
  }

  /**
   * Opens a capsule, which is then the one that is asked. Where it cannot be opened the last one stays.
   * `keys`: PEM texts. `floor`: the highest sequence that the host has seen; QuickJS gets none as
   * null, and a `u32` from 2³¹ on as a negative number.
   */
  const load = (capsule: Uint8Array, keys: readonly string[], floor?: number | null, allowUnsigned?: boolean): string =>
    answered(() => {
      const limits = limitsWith();
      const opened = openCapsule(capsule, {
        keys: keys.flatMap((text) => parsePublicKeysPem(text, limits)),
        floor: floor == null ? undefined : floor < 0 ? floor + 2 ** 32 : floor,
        allowUnsigned: allowUnsigned === true,
        verifier: crypto,
        limits,
      });
      for (const policy of opened.policies) refuseRoleSelectors(policy);
      const engine = createEngine({ ...opened.engine, crypto });
      held = { capsule: opened, engine };
      const { sequence, digest, created, images } = opened;
      return {
        sequence,
        digest,
        created,
        signed: opened.signedBy !== undefined,
        images,
        policies: engine.policies.map(({ name }) => name),
        warnings: engine.warnings.map(({ policy, message }) => ({ policy, message })),
      };
    });

  /** Decides about a resource or an AdmissionReview: the verdict and one row for each rule. */
  const evaluate = (request: string, now: string): string =>
    answered(() => {
      const { allowed, results, patches, warnings, trustWarnings, open, at } = decide(request, now);
      return {
        allowed,
        results: results.map(({ policy, policyNamespace, rule, pass, status, message, failures, image }) => ({
          policy,
          policyNamespace,
          rule,
          pass,
          status,
          message,
          image: image === undefined ? undefined : { ref: image.image, logical: image.logical, digest: image.digest },
          failures: failures.map(toFailureJson),
        })),
        patches,
        warnings,
        trustWarnings,
        open: toOpenJson(open),
        at,
      };
    });

  /** As {@link evaluate}, with all evidence and the policy line of each check: `sallyport explain -o json` has them. */
  const explain = (request: string, now: string): string =>
    answered(() => ({ decisions: [toDecisionJson(decide(request, now))] }));

  /** Whether an image is signed or attested as the request asks, by what the capsule answers. */
  const verify = (request: string, now: string): string =>
    answered(() => {
      const { capsule, engine } = loaded();
      const { limits } = engine;
      const asked = readVerifyRequest(readRequest(request, limits));
      const host = { now: parseInstant(now, "now"), crypto, limits };
      return verifyByAttestor(asked, capsule.engine, capsule.knowledge, host).result;
    });

  return { load, evaluate, explain, verify };
}
