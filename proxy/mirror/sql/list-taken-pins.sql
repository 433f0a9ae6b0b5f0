SELECT imported.kind AS kind, imported.key AS "key", imported.digest AS digest
FROM imported
WHERE imported.kind LIKE 'pin %'
  AND EXISTS (SELECT 1 FROM taken WHERE taken.kind = imported.kind AND taken.key = imported.key)
ORDER BY imported.kind, imported.key
