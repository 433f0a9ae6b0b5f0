/**
 * References to keys that are not files of this machine, and the paths that policies may name. Source:
 * docs/spec/kyverno.md#keys.
 */
import { EngineError } from "../../core/errors.ts";

const label = "[a-z0-9](?:[-a-z0-9]*[a-z0-9])?";

/** The form of a reference, by what it begins with. */
const forms: readonly (readonly [scheme: string, form: RegExp, example: string])[] = [
  ["k8s://", new RegExp(`^k8s://${label}/${label}(?:\\.${label})*$`), "k8s://NAMESPACE/NAME"],
  ["awskms://", /^awskms:\/\/[^/\s]*\/\S+$/, "awskms://[ENDPOINT]/KEY"],
  [
    "gcpkms://",
    /^gcpkms:\/\/projects\/[^/\s]+\/locations\/[^/\s]+\/keyRings\/[^/\s]+\/cryptoKeys\/[^/\s]+(?:\/(?:versions|cryptoKeyVersions)\/\d+)?$/,
    "gcpkms://projects/PROJECT/locations/LOCATION/keyRings/RING/cryptoKeys/KEY[/versions/VERSION]",
  ],
  ["azurekms://", /^azurekms:\/\/[^/\s]+\/[^/\s]+(?:\/[^/\s]+)?$/, "azurekms://VAULT/KEY[/VERSION]"],
  ["hashivault://", /^hashivault:\/\/\w(?:[\w.-]*\w)?$/, "hashivault://KEY"],
  ["openbao://", /^openbao:\/\/\w(?:[\w.-]*\w)?$/, "openbao://KEY"],
];

/**
 * Refuses what no policy can name a key by.
 * @throws EngineError `invalid-usage`
 */
export function checkKeyReference(text: string): void {
  const wrong = (message: string): EngineError => new EngineError("invalid-usage", message, { subject: text });
  const known = forms.find(([scheme]) => text.startsWith(scheme));
  if (known !== undefined) {
    const [, form, example] = known;
    if (!form.test(text)) throw wrong(`a reference of this scheme is written as ${example}`);
    return;
  }
  if (/^[a-z][a-z0-9+.-]*:/i.test(text))
    throw wrong(`no key is known by this scheme; the schemes are ${forms.map(([scheme]) => scheme).join(", ")}`);
  if (!/^\.?\/./.test(text)) throw wrong("a path in a policy begins with / or ./");
}
