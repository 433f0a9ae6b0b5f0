/** JSON pointers as people write them. Source: RFC 6901, Kubernetes' field paths. */
import { pointerSteps } from "../../encoding/shape.ts";

/** `/spec/rules/0/name` as `spec.rules[0].name`; the empty pointer as `the document`. */
export function toFieldPath(pointer: string): string {
  if (pointer === "") return "the document";
  return pointerSteps(pointer)
    .map((step, index) =>
      /^\d+$/.test(step)
        ? `[${step}]`
        : /^[A-Za-z_][\w-]*$/.test(step)
          ? `${index === 0 ? "" : "."}${step}`
          : `[${JSON.stringify(step)}]`,
    )
    .join("");
}
