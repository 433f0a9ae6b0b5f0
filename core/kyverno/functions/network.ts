/** `is_external_url` and `image_normalize`. Source: docs/spec/kyverno.md#image-references, #functions. */
import { define, type JmesFunction, refuse } from "../../jmespath/functions/signature.ts";
import type { Evaluation } from "../../jmespath/value.ts";
import { parseReference, type ReferenceOptions } from "../../oci/reference.ts";
import { evaluating, text } from "./arguments.ts";
import { isInternal, parseIpAddress } from "./ip-address.ts";
import { hostnameOf } from "./url.ts";

/** Differs: Kyverno asks the name service. Here an address is decided, a name cannot be. */
function isExternalUrl(url: string, run: Evaluation): boolean {
  run.spendCharacters(url.length);
  const host = hostnameOf(url);
  // An IPv6 address with a zone is looked up as a name, but without a query.
  const zone = host.indexOf("%25");
  const zoned = zone < 0 || zone + 3 >= host.length ? "" : host.slice(0, zone);
  const address =
    parseIpAddress(host) ?? (/^[^%]*$/.test(zoned) && zoned.includes(":") ? parseIpAddress(zoned) : undefined);
  return address === undefined ? refuse(`lookup ${host}: names are not resolved`) : !isInternal(address);
}

export const urlFunctions: readonly (readonly [string, JmesFunction])[] = [
  ["is_external_url", define(["string"], ([url], run) => isExternalUrl(text(url), run))],
];

/** The canonical form of an image reference under the settings for references. */
export const imageFunctions = (references: ReferenceOptions): readonly (readonly [string, JmesFunction])[] => [
  [
    "image_normalize",
    define(
      ["string"],
      ([image], { limits }) =>
        evaluating(() => parseReference(text(image), limits, references), "image_normalize").canonical,
    ),
  ],
];
