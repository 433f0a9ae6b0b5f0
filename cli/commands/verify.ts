/** `sallyport verify`: signatures of images by key or identity, with cosign's flags and exit codes. */
import type { Command } from "commander";
import type { Shell } from "../command.ts";
import { addOtherFlags, otherFlags } from "../input/other-flags.ts";
import { addVerifyOptions, verifyImages, type VerifyOptions } from "../verify-images.ts";

const examples = `
Examples:
  sallyport verify --key cosign.pub --store mirror registry.corp/app:1.4
  sallyport verify --layout ./layout ghcr.io/acme/app:1.4 \\
    --certificate-identity-regexp '^https://github.com/acme/app/' \\
    --certificate-oidc-issuer https://token.actions.githubusercontent.com \\
    --trusted-root trusted_root.json
  sallyport verify --key cosign.pub --insecure-ignore-tlog --local-image ./saved

Exit codes: 0 verified, 10 no signature, 11 no such image, 12 none matches,
  13 no certificate, 14 log, SCT or timestamp, 2 wrong usage, 3 trust, 4 access,
  5 not known here, 6 store damaged
`;

export function define(command: Command, { io, finish }: Shell): void {
  addVerifyOptions(command, io)
    .addHelpText("after", examples)
    .action(async (images: readonly string[], options: VerifyOptions) =>
      finish(await verifyImages(images, options, io)),
    );
  addOtherFlags(command, otherFlags.verify);
}
