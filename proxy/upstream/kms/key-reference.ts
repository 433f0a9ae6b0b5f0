/** References to keys of key management services, in the forms that cosign reads. Source: docs/spec/kyverno.md#keys. */
import { EngineError } from "../../../core/errors.ts";

export type KmsReference =
  /** `id`: a key id, `alias/NAME`, or the ARN of either, which names its region. */
  | { readonly service: "aws"; readonly endpoint?: string; readonly region?: string; readonly id: string }
  /** `key`: `projects/…/cryptoKeys/KEY`. Without a version it is the newest that is enabled. */
  | { readonly service: "google"; readonly key: string; readonly version?: string }
  /** `vault`: a host, with a port if need be. Without a version it is the current one. */
  | { readonly service: "azure"; readonly vault: string; readonly key: string; readonly version?: string }
  | { readonly service: "vault"; readonly key: string };

const keyId = "(?:mrk-)?[A-Fa-f0-9]{8}-?[A-Fa-f0-9]{4}-?[A-Fa-f0-9]{4}-?[A-Fa-f0-9]{4}-?[A-Fa-f0-9]{12}";
const alias = "alias/[A-Za-z0-9/_:-]+";
const host = String.raw`(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?`;

const aws = new RegExp(
  `^awskms://(${host})?/((?:arn:aws[a-z-]*:kms:([a-z0-9-]+):\\d{12}:(?:key/${keyId}|${alias}))|${keyId}|${alias})$`,
);
const google =
  /^gcpkms:\/\/(projects\/[^/\s]+\/locations\/[^/\s]+\/keyRings\/[^/\s]+\/cryptoKeys\/[^/\s]+)(?:\/(?:cryptoKeyVersions|versions)\/(\d+))?$/;
const azure = new RegExp(`^azurekms://(${host})/([A-Za-z0-9-]+)(?:/([A-Za-z0-9]*))?$`);
const vault = /^(?:hashivault|openbao):\/\/(\w(?:[\w.-]*\w)?)$/;

/** How each scheme is written. */
const forms: Readonly<Record<string, string>> = {
  awskms: "awskms://[ENDPOINT]/KEY, where KEY is an id, alias/NAME or an ARN",
  gcpkms: "gcpkms://projects/PROJECT/locations/LOCATION/keyRings/RING/cryptoKeys/KEY[/cryptoKeyVersions/VERSION]",
  azurekms: "azurekms://HOST/KEY[/VERSION]",
  hashivault: "hashivault://KEY",
  openbao: "openbao://KEY",
};

/**
 * `undefined`: a reference of another scheme.
 * @throws EngineError `malformed`
 */
export function parseKmsReference(reference: string): KmsReference | undefined {
  const scheme = /^([a-z]+):\/\//.exec(reference)?.[1] ?? "";
  if (!Object.hasOwn(forms, scheme)) return undefined;
  const read = readAws(reference) ?? readGoogle(reference) ?? readAzure(reference) ?? readVault(reference);
  if (read === undefined)
    throw new EngineError("malformed", `a reference of this scheme is written as ${forms[scheme]}`, {
      subject: reference,
    });
  return read;
}

function readAws(reference: string): KmsReference | undefined {
  const [, endpoint, id, region] = aws.exec(reference) ?? [];
  return id === undefined
    ? undefined
    : {
        service: "aws",
        id,
        ...(endpoint === undefined ? {} : { endpoint }),
        ...(region === undefined ? {} : { region }),
      };
}

function readGoogle(reference: string): KmsReference | undefined {
  const [, key, version] = google.exec(reference) ?? [];
  return key === undefined ? undefined : { service: "google", key, ...(version === undefined ? {} : { version }) };
}

function readAzure(reference: string): KmsReference | undefined {
  const [, name, key, version = ""] = azure.exec(reference) ?? [];
  return name === undefined || key === undefined
    ? undefined
    : { service: "azure", vault: name, key, ...(version === "" ? {} : { version }) };
}

function readVault(reference: string): KmsReference | undefined {
  const key = vault.exec(reference)?.[1];
  return key === undefined ? undefined : { service: "vault", key };
}
