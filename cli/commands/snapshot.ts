/** `sallyport snapshot`: a mirror as one signed file in a registry. Source: docs/spec/snapshot.md. */
import type { Command } from "commander";
import { addSnapshotOptions } from "../input/snapshot-flags.ts";
import { addStoreOption } from "../input/store.ts";
import { collect, type Shell } from "../command.ts";
import { listSnapshotRows, type SnapshotListFlags } from "./snapshot-ls.ts";
import { pullSnapshot, type SnapshotPullFlags } from "./snapshot-pull.ts";
import { pushSnapshot, type SnapshotPushFlags } from "./snapshot-push.ts";

const examples = `
Examples:
  sallyport snapshot push oci://registry.corp/sallyport/mirror \\
    --store mirror --key cosign.key --keep 10
  sallyport snapshot ls oci://registry.corp/sallyport/mirror --key cosign.pub
  sallyport snapshot pull oci://registry.corp/sallyport/mirror \\
    --store replica --key cosign.pub

Exit codes: 0 done; 2 wrong usage; 4 the registry refuses the login; 5 it cannot
  be reached; 6 the snapshot, its signature or its number is wrong, or another
  process is at work; 11 there is no such snapshot. After a failure the folder
  is as it was before
`;

const placeHelp = "oci://REGISTRY/REPOSITORY[:TAG]; without a tag: latest";

export function define(command: Command, { io, finish }: Shell): void {
  command.addHelpText("after", examples);
  addSnapshotOptions(
    addStoreOption(command.command("push").description("copy the mirror, sign the copy, and push it"))
      .argument("<place>", placeHelp)
      .requiredOption("--key <file>", "the private key, ECDSA P-256, PEM or cosign.key; its password: COSIGN_PASSWORD")
      .option("--next-key <file>", "a public key that will sign later snapshots too (repeatable)", collect)
      .option("--keep <n>", "then delete older snapshots from the registry, except the newest N"),
    io,
  ).action(async (place: string, flags: SnapshotPushFlags) => finish(await pushSnapshot(place, flags, io)));
  addSnapshotOptions(
    addStoreOption(command.command("pull").description("verify a snapshot, and read it from now on"))
      .argument("<place>", placeHelp)
      .option("--key <file>", "a public key whose snapshots are accepted (repeatable); kept for later pulls", collect)
      .option("--accept-pins", "let this snapshot change who is trusted here"),
    io,
  ).action(async (place: string, flags: SnapshotPullFlags) => finish(await pullSnapshot(place, flags, io)));
  addSnapshotOptions(
    command
      .command("ls")
      .description("list the snapshots of a registry")
      .argument("<place>", placeHelp)
      .option("--key <file>", "a public key to verify them with (repeatable)", collect)
      .option("--last <n>", "show at most so many, the newest", "20"),
    io,
  ).action(async (place: string, flags: SnapshotListFlags) => finish(await listSnapshotRows(place, flags, io)));
}
