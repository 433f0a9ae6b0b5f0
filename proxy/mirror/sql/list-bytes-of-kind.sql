SELECT
  kind,
  question,
  repository,
  subject,
  state,
  answer.digest,
  value,
  at,
  source,
  checksum,
  partial,
  length(blob.bytes) AS size
FROM answer
LEFT JOIN blob ON blob.digest = answer.digest
WHERE kind = ?
ORDER BY question
