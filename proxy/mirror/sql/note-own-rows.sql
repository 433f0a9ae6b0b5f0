INSERT OR IGNORE INTO own
SELECT local_row.kind, local_row.key, local_row.digest
FROM temp.local_row
WHERE EXISTS (
    SELECT 1
    FROM imported
    WHERE imported.kind = local_row.kind AND imported.key = local_row.key AND imported.digest = local_row.digest
  )
  AND (local_row.kind <> 'complete' OR local_row.key IN (SELECT scope FROM complete))
