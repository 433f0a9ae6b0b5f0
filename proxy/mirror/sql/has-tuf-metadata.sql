SELECT 1
FROM tuf_metadata
WHERE repository = ? AND role = ? AND version = ? AND digest = ?
