/**
 * Kyverno's own kinds of files, read strictly: an unknown field is an error. Source:
 * docs/spec/kyverno.md#files-and-folders.
 */
import { pointer } from "../../core/encoding/shape.ts";
import { EngineError } from "../../core/errors.ts";
import { Findings } from "../../core/kyverno/policy/findings.ts";
import type { PolicyMap, PolicyValue, Position } from "../../core/kyverno/policy/policy.ts";
import { describe, isMap, withoutNulls } from "../../core/kyverno/policy/policy-value.ts";
import { fitShape, type Shape } from "../../core/kyverno/policy/schema.ts";
import type { CommandIO } from "../command.ts";
import { counted } from "../render/count.ts";
import { parseDocuments, placeText, problemText } from "./files.ts";
import { readGivenText, shown, usage } from "./given-file.ts";

/** A document, or a part of one, with the places of its fields. */
export interface Placed {
  readonly value: PolicyValue;
  readonly keyPosition: (pointer: string) => Position;
}

/** The only document of a file. @throws EngineError `invalid-usage` */
export function readOnly(path: string, what: string, io: CommandIO): Placed {
  const documents = parseDocuments({ name: path, text: readGivenText(path, io) }, io.limits);
  const [document, ...more] = documents;
  if (document === undefined || more.length > 0)
    throw usage(`${shown(path)} must hold one ${what}, found ${counted(documents.length, "document")}`, path);
  return document;
}

/**
 * The document, checked against the shape and then by `check`, for what a shape cannot express.
 * @throws EngineError `invalid-usage` with the first fault and its place.
 */
export function fitStrictly(
  { value, keyPosition }: Placed,
  shape: Shape,
  check: (value: PolicyMap, findings: Findings) => void = () => undefined,
): PolicyMap {
  const findings = new Findings();
  const fitted = fitShape(withoutNulls(value), shape, "", findings);
  const document = isMap(fitted) ? fitted : {};
  check(document, findings);
  const [first, ...more] = findings.problems(keyPosition, undefined);
  if (first === undefined) return document;
  const others = more.length === 0 ? "" : `; ${more.length} more: ${more.map(problemText).join("; ")}`;
  throw new EngineError("invalid-usage", `${first.message}${others}`, { subject: placeText(first) });
}

/** The texts of a map, as Go reads them: numbers and booleans become text. */
export function scalarTexts(value: PolicyMap | undefined, at: string, findings: Findings): Record<string, string> {
  const texts: Record<string, string> = Object.create(null);
  for (const [key, scalar] of Object.entries(value ?? {})) {
    if (typeof scalar === "object") findings.refuse(pointer(at, key), `expected a string, found ${describe(scalar)}`);
    else texts[key] = String(scalar);
  }
  return texts;
}
