SELECT 'sha256:' || lower(hex(manifest)) AS digest
FROM named
WHERE place = ?
ORDER BY manifest
LIMIT ?
