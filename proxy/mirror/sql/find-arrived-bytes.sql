SELECT bytes
FROM temp.arrived_bytes
WHERE digest = @digest
UNION ALL
SELECT bytes
FROM blob
WHERE digest = @digest
UNION ALL
SELECT bytes
FROM tuf_metadata
WHERE digest = @digest
UNION ALL
SELECT bytes
FROM pin
WHERE digest = @digest
UNION ALL
SELECT CAST(value AS BLOB)
FROM answer
WHERE digest = @digest AND value IS NOT NULL
UNION ALL
SELECT CAST(note AS BLOB)
FROM checkpoint
WHERE digest = @digest
LIMIT 1
