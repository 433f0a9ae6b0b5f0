DELETE FROM taken
WHERE NOT EXISTS (
  SELECT 1
  FROM imported
  WHERE imported.kind = taken.kind AND imported.key = taken.key AND imported.digest = taken.digest
)
