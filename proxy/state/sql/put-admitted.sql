INSERT INTO admitted (resource, digest, request)
VALUES (?, ?, ?)
ON CONFLICT (resource) DO UPDATE SET digest = excluded.digest, request = excluded.request
