INSERT INTO blob (digest, bytes)
VALUES (?, ?)
ON CONFLICT (digest) DO UPDATE SET bytes = excluded.bytes
WHERE bytes <> excluded.bytes
