/**
 * Small real inputs that mutation starts from: a certificate, a timestamp and a bundle's parts that cosign, Fulcio,
 * Rekor and a timestamp server made for this project's tests.
 */
import { decodeBase64 } from "../../core/encoding/base64.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import { type PublicKey, parsePublicKeyPem } from "../../core/crypto/public-key.ts";
import { defaultLimits } from "../../core/limits.ts";

export const seedCertificate = (): Uint8Array =>
  decodeBase64(
    "MIICvTCCAmWgAwIBAgIUM8j5tl7OZKACoWv1tf9/ZY0tuf8wCgYIKoZIzj0EAwIwPDEWMBQGA1UECgwNc2lnc3RvcmUudGVzdDEiMCAGA1UEAwwZTG9jYWwgRnVsY2lvIEludGVybWVkaWF0ZTAeFw" +
      "0yNjExMjMxNTE0MjRaFw0yNjExMjMxNTI0MjRaMAAwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQ6jdreeiUpAbVqGcuw8DTEValYtU/tY928Rn08h3G+/TT2S7dDQ+Q20CXLyj+ajeEAvYWu6m/G" +
      "7xfcOBHETeRCo4IBfzCCAXswDgYDVR0PAQH/BAQDAgeAMBMGA1UdJQQMMAoGCCsGAQUFBwMDMB0GA1UdDgQWBBTeZpGh/h14HiBIdXf7bzHIxQCpQjAfBgNVHSMEGDAWgBTWZ9/Enpahh6fsZfhjpu" +
      "51tOra4DAdBgNVHREBAf8EEzARgQ9hZGFAZXhhbXBsZS5jb20wKAYKKwYBBAGDvzABAQQaaHR0cDovL2xvY2FsaG9zdDo4MTAwL21haWwwKgYKKwYBBAGDvzABCAQcDBpodHRwOi8vbG9jYWxob3N0" +
      "OjgxMDAvbWFpbDASBgorBgEEAYO/MAEYBAQMAnUxMIGKBgorBgEEAdZ5AgQCBHwEegB4AHYAXmhtnGGLTMeAeGZ/bsVcq5shLfBHsMdKeai+LXpZ13wAAAGiCPj42wAABAMARzBFAiAO2myB4JdZHn" +
      "9d/GkGIhpBQyJZaY6NMBdzFKiFPyU8vQIhALkcQy+GNify+Qs8Y1mYq5zju53uIsduU6sWPJn95bYjMAoGCCqGSM49BAMCA0YAMEMCH0z57H07uwN1zsZ5FpQhG5/zaLNu/as84+zIRDMA6+oCID7x" +
      "w/RvZoYa+FQD+XEsvLr2R/8uX3loQWXBkRwADYBX",
  );

export const seedTimestamp = (): Uint8Array =>
  decodeBase64(
    "MIICdTADAgEAMIICbAYJKoZIhvcNAQcCoIICXTCCAlkCAQMxDTALBglghkgBZQMEAgEwgbcGCyqGSIb3DQEJEAEEoIGnBIGkMIGhAgEBBgkrBgEEAYO/MAIwMTANBglghkgBZQMEAgEFAAQgUw7eRr" +
      "8EKtRi3+fQIROFHnLpv0dyIeBzeQgXI6WbOooCFB6lcbMA2agB9PlMJlubnu5LQ8KMGA8yMDI2MTEyMzE1MTQyNFowAwIBAaAypDAwLjETMBEGA1UEChMKTG9jYWwgdHNhMjEXMBUGA1UEAxMOTG9j" +
      "YWwgdHNhMiBUU0GgADGCAYcwggGDAgEBMDgwMzETMBEGA1UEChMKTG9jYWwgdHNhMjEcMBoGA1UEAxMTTG9jYWwgdHNhMiBUU0EgUm9vdAIBAjALBglghkgBZQMEAgGggeIwGgYJKoZIhvcNAQkDMQ" +
      "0GCyqGSIb3DQEJEAEEMBwGCSqGSIb3DQEJBTEPFw0yNjExMjMxNTE0MjRaMC8GCSqGSIb3DQEJBDEiBCBYMfq8xWHbxpTY+UcC7M9avKpy752564+0HcFh5ag9RzB1BgsqhkiG9w0BCRACLzFmMGQw" +
      "YjBgBCCP7JTd5CqxhKLHve9AlCClt+i+VTRtzPEx14VkbEgyHTA8MDekNTAzMRMwEQYDVQQKEwpMb2NhbCB0c2EyMRwwGgYDVQQDExNMb2NhbCB0c2EyIFRTQSBSb290AgECMAoGCCqGSM49BAMCBE" +
      "YwRAIgFNrbqsD/MFTEzPCxNeZPqIhqEvwenYrKocEyhhLmm5cCIBsiyqKqdag8GFml/nsxzB7ZrM8uiiQu2qmLj75t7uFS",
  );

export const seedCheckpoint = (): Uint8Array =>
  encodeUtf8(
    "localhost\n" +
      "1\n" +
      "h1e1zoBzMpFKIdspKjXEaKQBRcnvXVFGNSrJ+mUJUj8=\n\n" +
      "— localhost " +
      "9MbijzBEAiB14Sybv9xg66uV8N0C3r3OP7qVofMU2BHIm9kXsdkyiwIgfu6hJHNtcS5b6B8fScG18KPgzKIE0cjcA3hBnbmUOYM=\n",
  );

export const seedEnvelope = (): Uint8Array =>
  encodeUtf8(
    '{"payload":"eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJzdWJqZWN0IjpbeyJkaWdlc3QiOnsic2hhMjU2IjoiNzYzYjY4MjgxYTZjZGNjZjM4OTlmMjJjY2M0MWVjMWViNWZmZGM5Nzk0NjAyYjQzYWJmZjg3Yjc5ZDQwZjU5ZiJ9LCJhbm5vdGF0aW9ucyI6e319XSwicHJlZGljYXRlVHlwZSI6Imh0dHBzOi8vc2lnc3RvcmUuZGV2L2Nvc2lnbi9zaWduL3YxIiwicHJlZGljYXRlIjp7fX0=","payloadType":"application/vnd.in-toto+json","signatures":[{"sig":"MEUCIBpqZYkBShP/Ceg3FHqRmoxUbknYx5QDweBDSgcVp664AiEAqZHEOfb06hem8pVE4WCxhkJiz13mJK18fHXvcj9FlkY="}]}',
  );

export const seedPolicy = (): Uint8Array =>
  encodeUtf8(`apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata:
  name: check
spec:
  validationFailureAction: Enforce
  rules:
  - name: signed
    match:
      any:
      - resources: { kinds: [Pod], namespaces: ["n*"] }
    context:
    - name: allowed
      variable: { value: ["prod", "test"] }
    preconditions:
      all:
      - { key: "{{ request.operation }}", operator: AnyIn, value: [CREATE, UPDATE] }
    verifyImages:
    - imageReferences: ["ghcr.io/org/*"]
      attestors:
      - count: 1
        entries:
        - keys:
            publicKeys: |-
              -----BEGIN PUBLIC KEY-----
              MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
              -----END PUBLIC KEY-----
            rekor: { ignoreTlog: true }
        - keyless:
            subject: "https://github.com/org/*"
            issuer: "https://token.actions.githubusercontent.com"
            rekor: { url: "https://rekor.sigstore.dev" }
      attestations:
      - type: https://slsa.dev/provenance/v1
        attestors:
        - entries:
          - keys: { kms: "awskms:///key" }
        conditions:
        - all:
          - { key: "{{ regex_match('^https://', '{{ buildDefinition.buildType }}') }}", operator: Equals, value: true }
`);

const pems = [
  "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=",
  "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaO02YDTvDsMLq19ZfW1odQ4qHILyDTQhL7uir+s19Isin+vbHU0+HVYXsKKmCFbOVIBoktwa5U7iOOph6+dNwA==",
];

/** One key of each kind that a signature is tried on. */
export const verifyingKeys = (): readonly PublicKey[] =>
  pems.map((base64) =>
    parsePublicKeyPem(`-----BEGIN PUBLIC KEY-----\n${base64}\n-----END PUBLIC KEY-----\n`, defaultLimits),
  );
