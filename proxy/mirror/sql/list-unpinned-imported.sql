SELECT imported.kind || ' ' || imported.key
FROM imported
WHERE imported.kind LIKE 'pin %'
  AND NOT EXISTS (
    SELECT 1
    FROM pin
    WHERE 'pin ' || pin.kind = imported.kind AND pin.name = imported.key
  )
