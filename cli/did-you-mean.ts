/** What an unknown command or flag may have meant. Source: docs/spec/command-line.md#error-messages. */
import type { Command } from "commander";
import { nearestName } from "../core/kyverno/policy/nearest-name.ts";
import { nameOf } from "./called-path.ts";

const signing = "Sallyport signs nothing: use cosign";
const files = "Sallyport verifies images: for files use cosign";
const logins = "docker's and podman's logins count here: docker login HOST, docker logout HOST";
const removing = "images are removed by sallyport mirror rm";
const tidying = "what no rule keeps is removed by sallyport mirror gc";

/** Commands of cosign, and others that there are not, by the group where they are looked for. */
const elsewhere: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "": {
    sign: signing,
    "sign-blob": signing,
    attest: signing,
    "attest-blob": signing,
    attach: signing,
    "generate-key-pair": signing,
    "verify-blob": files,
    "verify-blob-attestation": files,
    registry: logins,
    login: logins,
    logout: logins,
    save: "an image is saved with its signatures by cosign: cosign save IMAGE --dir LAYOUT",
  },
  mirror: { remove: removing, delete: removing, prune: tidying, clean: tidying },
};

/** `Did you mean X?`: the nearest name, or the one that has the same words among others. */
function meant(name: string, known: readonly string[]): string | undefined {
  const words = name.split("-").filter((word) => word !== "");
  const [nearest, ...more] = known.filter((one) => words.every((word) => one.split("-").includes(word)));
  const found = nearestName(name, known) ?? (more.length === 0 ? nearest : undefined);
  return found === undefined ? undefined : `Did you mean ${found}?`;
}

/** For an unknown command of a group, or of the program. */
export function hintForCommand(name: string, group: Command): string | undefined {
  const told = elsewhere[nameOf(group)] ?? {};
  if (Object.hasOwn(told, name)) return told[name];
  return meant(
    name,
    group.commands.map((command) => command.name()),
  );
}

/** For an unknown flag of a command. */
export function hintForFlag(flag: string, command: Command): string | undefined {
  const shown = command.createHelp().visibleOptions(command);
  return meant(
    flag.replace(/=.*/s, ""),
    shown.flatMap(({ long }) => long ?? []),
  );
}
