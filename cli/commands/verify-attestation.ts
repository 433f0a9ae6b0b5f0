/** `sallyport verify-attestation`: attestations of a predicate type on images, with cosign's flags. */
import { type Command, Option } from "commander";
import { toPredicateType } from "../../core/dsse/predicate-types.ts";
import { EngineError } from "../../core/errors.ts";
import type { Shell } from "../command.ts";
import { addVerifyOptions, verifyImages, type VerifyOptions } from "../verify-images.ts";

export function define(command: Command, { io, finish }: Shell): void {
  addVerifyOptions(command)
    .option(
      "--type <type>",
      "predicate type: a URI, or slsaprovenance, slsaprovenance1, spdx, spdxjson, cyclonedx, link, vuln, " +
        "openvex, custom",
    )
    .addOption(new Option("--predicate-type <type>").hideHelp())
    .addOption(new Option("--policy <file>").hideHelp())
    .action(
      async (
        images: readonly string[],
        options: VerifyOptions & { readonly predicateType?: string; readonly policy?: string },
      ) => {
        if (options.policy !== undefined)
          throw new EngineError(
            "unsupported",
            "CUE and Rego are not evaluated: write the conditions in a Kyverno policy and use apply",
            {
              subject: options.policy,
            },
          );
        finish(
          await verifyImages(images, options, io, toPredicateType(options.type ?? options.predicateType ?? "custom")),
        );
      },
    );
}
