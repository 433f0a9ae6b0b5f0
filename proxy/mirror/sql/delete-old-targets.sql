DELETE FROM tuf_metadata
WHERE repository = ? AND version = 0 AND role LIKE 'targets/%' AND role NOT IN (SELECT value FROM json_each(?))
