/** `sallyport verify-attestation`: attestations of a predicate type on images, with cosign's flags. */
import { type Command, Option } from "commander";
import { toPredicateType } from "../../core/dsse/predicate-types.ts";
import type { Shell } from "../command.ts";
import { addOtherFlags, otherFlags } from "../input/other-flags.ts";
import { addVerifyOptions, verifyImages, type VerifyOptions } from "../verify-images.ts";

export function define(command: Command, { io, finish }: Shell): void {
  addVerifyOptions(command, io)
    .option(
      "--type <type>",
      "predicate type: a URI, or slsaprovenance, slsaprovenance1, spdx, spdxjson, cyclonedx, link, vuln, " +
        "openvex, custom",
    )
    .addOption(new Option("--predicate-type <type>").hideHelp())
    .action(async (images: readonly string[], options: VerifyOptions & { readonly predicateType?: string }) =>
      finish(
        await verifyImages(images, options, io, toPredicateType(options.type ?? options.predicateType ?? "custom")),
      ),
    );
  addOtherFlags(command, otherFlags["verify-attestation"]);
}
