DELETE FROM tuf_floor
WHERE repository = ? AND role = ?
