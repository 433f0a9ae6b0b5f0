/** `--crypto`: who calculates signatures. Source: docs/spec/command-line.md#who-calculates-signatures. */
import { type Command, Option } from "commander";
import type { SignatureVerifier } from "../../core/crypto/signature-verifier.ts";
import { EngineError } from "../../core/errors.ts";
import { chosenVerifier, cryptoChoices } from "../../proxy/host/chosen-verifier.ts";
import type { CommandIO } from "../command.ts";
import { fromEnvironment, orVariable } from "../environment.ts";

export interface CryptoOptions {
  readonly crypto?: string;
}

export const addCryptoOption = (command: Command): Command =>
  command.addOption(
    new Option(
      "--crypto <who>",
      "who calculates signatures: OpenSSL alone, portable code alone, or the quicker one " +
        orVariable("SALLYPORT_CRYPTO"),
    ).choices(cryptoChoices),
  );

/** @throws EngineError `invalid-usage` for a variable that says something else. */
export function readCrypto({ crypto }: CryptoOptions, io: Pick<CommandIO, "env" | "used">): SignatureVerifier {
  const given = crypto ?? fromEnvironment("SALLYPORT_CRYPTO", io) ?? "auto";
  const choice = cryptoChoices.find((name) => name === given);
  if (choice === undefined)
    throw new EngineError(
      "invalid-usage",
      `SALLYPORT_CRYPTO is ${cryptoChoices.join(", ")}, not ${JSON.stringify(given)}`,
      { subject: "SALLYPORT_CRYPTO" },
    );
  return chosenVerifier(choice);
}
