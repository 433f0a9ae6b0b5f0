-- Schema 15. What manifests name that archives brought is found in one look, as that of all others.
INSERT OR IGNORE INTO named (place, manifest)
SELECT substr(row_checksum(answer.repository, node.atom), 1, 16), unhex(substr(answer.subject, 8))
FROM answer
JOIN blob ON blob.digest = answer.digest
JOIN json_tree(CASE WHEN json_valid(CAST(blob.bytes AS TEXT)) THEN CAST(blob.bytes AS TEXT) ELSE '{}' END) AS node
WHERE answer.kind = 'manifest'
  AND answer.state = 'present'
  AND length(answer.subject) = 71
  AND unhex(substr(answer.subject, 8)) IS NOT NULL
  AND node.key = 'digest'
  AND node.type = 'text'
  AND (node.path = '$.config' OR node.path GLOB '$.layers[[]*' OR node.path GLOB '$.manifests[[]*')
ORDER BY 1, 2;
