DELETE FROM tuf_metadata
WHERE repository = ? AND role = ? AND version = ?
