/**
 * The layout that tests of commands use: one image signed and attested, one signed by somebody else, one not signed.
 */
import { type LabKey, newKey } from "../lab/keys.ts";
import { ImageLayout } from "./demo-image.ts";
import { tempFolder } from "../support/temp-folder.ts";

export interface DemoLayout {
  readonly folder: string;
  readonly key: LabKey;
  readonly other: LabKey;
  /** References by what they are. */
  readonly signed: string;
  readonly foreign: string;
  readonly unsigned: string;
  readonly digests: { readonly signed: string; readonly foreign: string; readonly unsigned: string };
}

export const repository = "registry.example/shop/web";
export const predicateType = "https://slsa.dev/provenance/v0.2";

export function demoLayout(): DemoLayout {
  const folder = tempFolder();
  const layout = new ImageLayout(folder);
  const key = newKey();
  const other = newKey();
  const digests = {
    signed: layout.addImage(`${repository}:signed`, "one"),
    foreign: layout.addImage(`${repository}:foreign`, "two"),
    unsigned: layout.addImage(`${repository}:unsigned`, "three"),
  };
  layout.addSignature(repository, digests.signed, key, { env: "prod" });
  layout.addAttestation(repository, digests.signed, key, predicateType, {
    builder: { id: "https://builder.example/hosted" },
  });
  layout.addSignature(repository, digests.foreign, other);
  return {
    folder,
    key,
    other,
    signed: `${repository}:signed`,
    foreign: `${repository}:foreign`,
    unsigned: `${repository}:unsigned`,
    digests,
  };
}
