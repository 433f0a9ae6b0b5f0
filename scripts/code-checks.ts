/** What the runbook says to look at, code by code. The program itself does not print it. */
import type { ErrorCode } from "../core/errors.ts";

/**
 * How to see that it is this. Backquotes hold what is typed, as in the fixes; the runbook has both. What the program
 * says itself (the `why:` of a message, the tree of `explain`) is not repeated.
 */
export const checks: Readonly<Record<ErrorCode, string>> = {
  "no-signature":
    "`sallyport mirror ls --store STORE` says `none` under SIGNED. Is it signed on the connected side? If so, the " +
    "tool that saved it left the signature behind",
  "image-not-found": "`sallyport mirror ls --store STORE -o name` has the names that are here.",
  "wrong-key":
    "`sallyport explain IMAGE -p POLICY` shows the fingerprint of the key; compare it with the signer's: " +
    "`openssl pkey -pubin -in cosign.pub -outform DER | sha256sum`",
  "bad-signature": "`sallyport mirror check --store STORE`; if the mirror is whole, the signature was bad when it came",
  "wrong-identity": "`sallyport explain IMAGE -p POLICY` shows subject and issuer beside what is wanted",
  "wrong-annotations": "`sallyport verify --key FILE -o cosign IMAGE` prints what was signed, under `optional`",
  "wrong-digest": "does the tag still name the digest that was signed? `sallyport mirror ls --store STORE -o wide`",
  "untrusted-certificate": "`sallyport trust status --store STORE` lists the authorities that are trusted",
  "certificate-not-valid-then":
    "`sallyport explain IMAGE -p POLICY` shows the validity and every established time; is there a time at all?",
  "no-certificate": "`sallyport explain IMAGE -p POLICY` shows a key where the policy wants a certificate",
  "no-log-proof":
    "was it signed without a log: by cosign with a signing config that names none, or told not to upload?",
  "bad-log-proof": "`sallyport trust status --store STORE` lists the logs; is the entry's log among them?",
  "no-sct": "does the authority that issued the certificate keep a certificate log?",
  "bad-sct": "`sallyport trust status --store STORE` lists the certificate logs; is the certificate's among them?",
  "no-timestamp": "`sallyport explain IMAGE -p POLICY` shows the times that the signature has",
  "bad-timestamp": "`sallyport trust status --store STORE` lists the timestamp authorities",
  "no-attestation": "`sallyport mirror ls attestations --store STORE` has the types that are here",
  "condition-failed": "the message has key, operator, wanted value and found value, and the line of the policy",
  distrusted: "`sallyport mirror distrust ls --store STORE` has the row and its reason",
  malformed: "the message says where in the document; is it what its name says, and whole?",
  "over-limit": "the message names the bound; is the input what you think that it is?",
  "missing-digest": "`sallyport apply POLICY -r RESOURCE -o FOLDER` writes the resource as the policies patch it",
  "unverified-image": "another result of the same rule and image says why it is not verified",
  "not-in-mirror": "`sallyport mirror ls --store STORE` has what is here; is the name the one that the resource uses?",
  unreachable: "can this machine resolve and reach the host of the message? Is a proxy set?",
  "timed-out": "is the host slow for others too?",
  "rate-limited": "the message has the host; who else asks it with the same address or account?",
  "upstream-error": "the status page of the host, or its operators",
  "access-denied":
    "can the same user read it with another tool (`docker login`, `ls -l`)? Where the message names " +
    "`policies.mayAsk`, whose is what the policy names? If it may be asked, let a ClusterPolicy name it, or list it " +
    "there, in the configuration of serve",
  "tls-failure": "who issued the server's certificate: `openssl s_client -connect HOST:443`",
  "no-trust": "`sallyport mirror pins --store STORE` has the names of the trusted roots that are here",
  stale:
    "the message names what is too old, and its budget; `sallyport status --store STORE` has what is left of each, " +
    "and the command that mends it; is this machine's clock right?",
  "no-key": "`sallyport mirror pins --store STORE` has the references whose keys are pinned",
  unresolved: "does the resource have the field? `sallyport jp query -i RESOURCE EXPRESSION`",
  overloaded: "the load of the webhook, and its deadline",
  "over-budget": "`sallyport jp query -i RESOURCE EXPRESSION` runs the expression alone",
  "invalid-usage": "the message names the flag or file",
  "invalid-config": "the message names the setting, or what is not installed",
  "invalid-policy": "`sallyport policy check POLICY` says file, line and column",
  unsupported: "[What differs from Kyverno](../kyverno-differences.md) says what there is and why",
  "invalid-reference": "spaces, capitals in the repository, a scheme such as https:// in front",
  "mirror-corrupt": "`sallyport mirror check --store STORE` names each damaged row",
  "mirror-busy": "the message names the process, and so does `sallyport mirror status --store STORE`",
  "mirror-version":
    "the message says which schema the mirror has, and which this program reads; `sallyport version` here, and where " +
    "the mirror was written",
  "archive-corrupt": "`sha256sum FILE` on both sides: a file below blobs/sha256 has its checksum as name",
  "archive-signature": "is it the key of those who make the archives?",
  "archive-sequence": "which archives came before, and which is missing?",
  "archive-incomplete": "list the parts: each has its number",
  rollback: "`sallyport trust status --store STORE` has the highest versions seen before",
  "bad-threshold": "compare the root's checksum with the one that its maintainers publish",
  "clock-behind":
    "`date -u` against another machine; `sallyport status --store STORE` has the newest signed time, which is never " +
    "made older: if an authority signed a wrong time, only a new mirror forgets it",
  "dialled-offline": "nothing to check: nothing was sent",
};
