/**
 * The annotations of a policy that say how old may be what its decisions rest on. A faulty one is refused: a bound that
 * nobody keeps is worse than none. Source: docs/spec/offline.md#age-budgets.
 */
import { pointer } from "../../encoding/shape.ts";
import { findSpan, longestAge, spanText } from "../../encoding/units.ts";
import type { Findings } from "./findings.ts";
import { nearestName } from "./nearest-name.ts";
import type { PolicyAges } from "./policy.ts";

const prefix = "sallyport.dev/";

const names = {
  "sallyport.dev/max-mirror-age": "maxMirrorAge",
  "sallyport.dev/max-trust-age": "maxTrustAge",
  "sallyport.dev/min-signature-age": "minSignatureAge",
} as const satisfies Readonly<Record<string, keyof PolicyAges>>;

const isKnown = (name: string): name is keyof typeof names => Object.hasOwn(names, name);

/** No annotation of this program: nothing. Faults go to `findings`. */
export function readAges(
  annotations: Readonly<Record<string, string>>,
  findings: Findings,
): { readonly ages?: PolicyAges } {
  const ages: { -readonly [Name in keyof PolicyAges]: number } = {};
  for (const [name, text] of Object.entries(annotations)) {
    if (!name.startsWith(prefix)) continue;
    const at = pointer("/metadata/annotations", name);
    if (!isKnown(name)) {
      const meant = nearestName(name, Object.keys(names));
      const known = meant === undefined ? Object.keys(names).join(", ") : `did you mean ${meant}?`;
      findings.refuse(at, `there is no such annotation of sallyport.dev; ${known}`);
      continue;
    }
    const span = findSpan(text);
    if (span === undefined || span > longestAge)
      findings.refuse(
        at,
        `expected a span of time such as 72h, 30d or 1d12h, at most ${spanText(longestAge)}, found ` +
          JSON.stringify(text.slice(0, 64)),
      );
    else ages[names[name]] = span;
  }
  return Object.keys(ages).length === 0 ? {} : { ages };
}
