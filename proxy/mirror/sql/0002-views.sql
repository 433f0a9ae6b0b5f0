-- Schema 2. The mirror as a person thinks of it. What these views show is what was stored, nothing of it is verified.

-- One row for each layer of a manifest that holds signed material: by tag, by artifact referrer or by bundle referrer.
CREATE VIEW material AS
  WITH document AS (
    SELECT digest, CASE WHEN json_valid(CAST(bytes AS TEXT)) THEN CAST(bytes AS TEXT) ELSE '{}' END AS json
    FROM blob
  ),
  holder AS (
    SELECT
      repository,
      'sha256:' || substr(subject, 8, 64) AS image,
      'tag' AS layout,
      CASE WHEN subject GLOB '*.sig' THEN 'signature' ELSE 'attestation' END AS purpose,
      value ->> '$.digest' AS manifest,
      NULL AS predicate_type,
      at
    FROM answer
    WHERE kind = 'tag' AND state = 'present' AND (subject GLOB 'sha256-*.sig' OR subject GLOB 'sha256-*.att')
    UNION ALL
    SELECT
      repository,
      subject,
      CASE
        WHEN referrer.value ->> '$.artifactType' GLOB 'application/vnd.dev.sigstore.bundle*' THEN 'bundle'
        ELSE 'artifact'
      END,
      CASE
        WHEN referrer.value ->> '$.artifactType' = 'application/vnd.dev.cosign.artifact.sig.v1+json' THEN 'signature'
        WHEN referrer.value ->> '$.annotations."dev.sigstore.bundle.predicateType"' =
          'https://sigstore.dev/cosign/sign/v1' THEN 'signature'
        ELSE 'attestation'
      END,
      referrer.value ->> '$.digest',
      referrer.value ->> '$.annotations."dev.sigstore.bundle.predicateType"',
      answer.at
    FROM answer, json_each(answer.value) AS referrer
    WHERE answer.kind = 'referrers' AND answer.state = 'present'
      AND (
        referrer.value ->> '$.artifactType' GLOB 'application/vnd.dev.sigstore.bundle*'
        OR referrer.value ->> '$.artifactType' GLOB 'application/vnd.dev.cosign.artifact.*'
      )
  )
  SELECT
    holder.repository,
    holder.image,
    holder.layout,
    holder.purpose,
    holder.manifest,
    layer.value ->> '$.digest' AS layer,
    layer.value ->> '$.mediaType' AS media_type,
    coalesce(holder.predicate_type, layer.value ->> '$.annotations.predicateType') AS predicate_type,
    layer.value ->> '$.annotations."dev.sigstore.cosign/bundle"' AS log_entry,
    holder.at
  FROM holder
  JOIN document ON document.digest = holder.manifest
  JOIN json_each(document.json, '$.layers') AS layer;

CREATE VIEW signature AS
  SELECT repository, image, layout, manifest, layer, media_type, at
  FROM material
  WHERE purpose = 'signature';

CREATE VIEW attestation AS
  SELECT repository, image, layout, predicate_type, manifest, layer, media_type, at
  FROM material
  WHERE purpose = 'attestation';

-- Log entries that signatures carry (annotation or bundle), and those that a log was asked for.
CREATE VIEW rekor_entry AS
  SELECT
    repository,
    image,
    layer,
    log_entry ->> '$.Payload.logID' AS log_id,
    log_entry ->> '$.Payload.logIndex' AS log_index,
    log_entry ->> '$.Payload.integratedTime' AS integrated_time
  FROM material
  WHERE json_valid(log_entry)
  UNION ALL
  SELECT
    material.repository,
    material.image,
    material.layer,
    entry.value ->> '$.logId.keyId',
    entry.value ->> '$.logIndex',
    entry.value ->> '$.integratedTime'
  FROM material
  JOIN blob ON blob.digest = material.layer
  JOIN json_each(
    CASE WHEN json_valid(CAST(blob.bytes AS TEXT)) THEN CAST(blob.bytes AS TEXT) ELSE '{}' END,
    '$.verificationMaterial.tlogEntries'
  ) AS entry
  WHERE material.layout = 'bundle'
  UNION ALL
  SELECT NULL, NULL, question, NULL, NULL, NULL
  FROM answer
  WHERE kind = 'log-entry' AND state = 'present';

CREATE VIEW tuf_root AS
  SELECT
    repository,
    version,
    CASE WHEN json_valid(CAST(bytes AS TEXT)) THEN CAST(bytes AS TEXT) ->> '$.signed.expires' END AS expires,
    digest
  FROM tuf_metadata
  WHERE role = 'root';
