INSERT OR IGNORE INTO named (place, manifest)
SELECT substr(row_checksum(arrived.repository, node.atom), 1, 16), unhex(substr(arrived.digest, 8))
FROM temp.arrived_manifest AS arrived
JOIN blob ON blob.digest = arrived.digest
JOIN json_tree(CASE WHEN json_valid(CAST(blob.bytes AS TEXT)) THEN CAST(blob.bytes AS TEXT) ELSE '{}' END) AS node
WHERE node.key = 'digest'
  AND node.type = 'text'
  AND (node.path = '$.config' OR node.path GLOB '$.layers[[]*' OR node.path GLOB '$.manifests[[]*')
ORDER BY 1, 2
