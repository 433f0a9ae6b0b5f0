SELECT role, sequence, statement, content_id, created, at, source, checksum
FROM import_seen
ORDER BY role
