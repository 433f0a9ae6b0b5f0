/** What the handlers of the registry's paths have in common. */
import type { EngineError } from "../../core/errors.ts";
import { questionWords } from "../../core/knowledge/question-words.ts";
import type { Question } from "../../core/knowledge/question.ts";
import type { Limits } from "../../core/limits.ts";
import type { Mirror } from "../mirror/mirror.ts";
import type { RegistryContent } from "../upstream/registry/registry-part.ts";
import type { ListTags } from "../upstream/registry/tag-list.ts";
import type { DoorKeeper } from "./door-keeper.ts";
import type { BlobNames } from "./named-blobs.ts";
import type { OciErrorCode, Refusal } from "./oci-error.ts";
import type { FailurePolicy, PullThrough, Unknown } from "./pull-through.ts";

export interface RegistryParts {
  readonly mirror: Mirror;
  readonly pull: PullThrough;
  /** Whether a registry may be asked. */
  readonly mayAsk: (host: string) => boolean;
  readonly content: RegistryContent | undefined;
  readonly listTags: ListTags | undefined;
  readonly names: BlobNames;
  readonly keeper: DoorKeeper | undefined;
  readonly failurePolicy: FailurePolicy;
  readonly refreshMs: number;
  readonly waitMs: number;
  readonly limits: Limits;
  readonly now: () => Date;
  readonly report: (error: EngineError) => void;
}

/** Seconds after which a client may ask again. */
const retrySeconds = "10";

/** Nobody knows: 503, whatever the registry answered. */
export const unavailable = ({ code, why, forLog, mayPass }: Unknown): Refusal => ({
  status: 503,
  code: "UNAVAILABLE",
  message: `this is not known: ${why} [${code}]`,
  why: code,
  facts: { code, reason: forLog ?? why },
  ...(mayPass ? { headers: { "Retry-After": retrySeconds } } : {}),
});

/** It does not exist, and who said so. */
export const absent = (question: Question, code: OciErrorCode, from: string): Refusal => ({
  status: 404,
  code,
  message: `${questionWords(question)} does not exist: ${from} said so`,
  why: "absent",
});
