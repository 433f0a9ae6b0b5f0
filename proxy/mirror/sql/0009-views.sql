-- Schema 9. The manifest of a referrer says what it holds: lists that clients keep behind the fallback tag often leave
-- its annotations out. A bundle that says nothing of itself is among the attestations, without a type.
DROP VIEW rekor_entry;
DROP VIEW material;

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
    WHERE kind = 'tag' AND state = 'present' AND length(subject) = 75
      AND (subject GLOB 'sha256-*.sig' OR subject GLOB 'sha256-*.att')
      AND substr(subject, 8, 64) NOT GLOB '*[^0-9a-f]*'
    UNION ALL
    SELECT
      repository,
      subject,
      CASE WHEN artifact_type GLOB 'application/vnd.dev.sigstore.bundle*' THEN 'bundle' ELSE 'artifact' END,
      CASE
        WHEN artifact_type = 'application/vnd.dev.cosign.artifact.sig.v1+json' THEN 'signature'
        WHEN artifact_type = 'application/vnd.dev.cosign.artifact.att.v1+json' THEN 'attestation'
        WHEN predicate_type = 'https://sigstore.dev/cosign/sign/v1' THEN 'signature'
        ELSE 'attestation'
      END,
      digest,
      predicate_type,
      at
    FROM (
      SELECT
        listed.*,
        (
          SELECT type.value
          FROM json_each(
            json_array(
              document.json ->> '$.artifactType',
              document.json ->> '$.config.mediaType',
              (
                SELECT layer.value ->> '$.mediaType'
                FROM json_each(document.json, '$.layers') AS layer
                WHERE layer.value ->> '$.mediaType' GLOB 'application/vnd.dev.sigstore.bundle*'
              ),
              listed.said_type
            )
          ) AS type
          WHERE type.value GLOB 'application/vnd.dev.sigstore.bundle*'
            OR type.value = 'application/vnd.dev.cosign.artifact.sig.v1+json'
            OR type.value = 'application/vnd.dev.cosign.artifact.att.v1+json'
          ORDER BY type.key
          LIMIT 1
        ) AS artifact_type,
        coalesce(
          document.json ->> '$.annotations."dev.sigstore.bundle.predicateType"',
          listed.said_predicate
        ) AS predicate_type
      FROM (
        SELECT
          answer.repository,
          answer.subject,
          answer.at,
          referrer.value ->> '$.digest' AS digest,
          referrer.value ->> '$.artifactType' AS said_type,
          referrer.value ->> '$.annotations."dev.sigstore.bundle.predicateType"' AS said_predicate
        FROM answer, json_each(answer.value) AS referrer
        WHERE answer.kind = 'referrers' AND answer.state = 'present'
      ) AS listed
      JOIN document ON document.digest = listed.digest
    )
    WHERE artifact_type IS NOT NULL
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

-- Log entries that signatures carry (annotation or bundle), and those that a log was asked for. The JSON of a bundle
-- leaves an index of 0 out.
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
    coalesce(entry.value ->> '$.logIndex', '0'),
    entry.value ->> '$.integratedTime'
  FROM material
  JOIN blob ON blob.digest = material.layer
  JOIN json_each(
    CASE WHEN json_valid(CAST(blob.bytes AS TEXT)) THEN CAST(blob.bytes AS TEXT) ELSE '{}' END,
    '$.verificationMaterial.tlogEntries'
  ) AS entry
  WHERE material.layout = 'bundle'
  UNION ALL
  SELECT
    NULL,
    NULL,
    question,
    entry.value ->> '$.logID',
    entry.value ->> '$.logIndex',
    entry.value ->> '$.integratedTime'
  FROM answer
  JOIN json_each(CASE WHEN json_valid(answer.value ->> '$') THEN answer.value ->> '$' ELSE '{}' END) AS entry
  WHERE kind = 'log-entry' AND state = 'present' AND entry.type = 'object';
