/**
 * Accepted golden cases whose evidence is damaged in one place, with every digest above it made right again, as one who
 * can write to the registry can: each must then be refused. They stand for verdicts that no tool has to be asked for.
 */
import { type Digest } from "../../core/crypto/digest.ts";
import type { AnswerTo } from "../../core/knowledge/answer.ts";
import type { Knowledge } from "../../core/knowledge/knowledge.ts";
import { type Question } from "../../core/knowledge/question.ts";
import type { Evidence } from "../../core/verify/evidence.ts";
type Json = any;
/** What is signed and stored: the document of the signature, and what stands beside it. */
export interface Parts {
  readonly evidence: Evidence;
  /** Of a layer. */
  readonly annotations: Record<string, string>;
  /** Of a bundle. */
  readonly bundle: Json;
  /** The trusted root, where the case has one. */
  readonly root: Json;
  /** The image that the signature is moved to. */
  image: Digest;
}
/** Changes the parts; false where there is nothing of the kind. `others` are parts of other cases. */
type Damage = (parts: Parts, others: readonly Parts[]) => boolean;
export declare const damages: Readonly<Record<string, Damage>>;
/** The parts of a signature, or `undefined` where other signatures stand beside it. */
export declare function readParts(evidence: Evidence, knowledge: Knowledge): Parts | undefined;
/** The world in which the signature is as its parts are now. `tag` is the image's. */
export declare class DamagedKnowledge implements Knowledge {
  #private;
  constructor(
    inner: Knowledge,
    parts: Parts,
    tag: {
      readonly repository: string;
      readonly tag: string;
    },
  );
  answer<Q extends Question>(question: Q): AnswerTo<Q> | undefined;
}
/** An accepted case that one signature proved, and the tag of its image. */
export interface AcceptedCase {
  readonly id: string;
  readonly parts: Parts;
  readonly knowledge: Knowledge;
  readonly tag: {
    readonly repository: string;
    readonly tag: string;
  };
}
/** Every damage to the cases, two of each class: how many, and those that `accepts` all the same. */
export declare function runDamages(
  cases: readonly AcceptedCase[],
  accepts: (id: string, knowledge: Knowledge) => boolean,
): {
  readonly count: number;
  readonly accepted: readonly {
    readonly id: string;
    readonly damage: string;
  }[];
};
