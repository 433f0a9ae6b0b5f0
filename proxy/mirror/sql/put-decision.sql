INSERT OR REPLACE INTO decision (id, at, image, allowed, recheck, digest, record)
VALUES (?, ?, ?, ?, ?, ?, ?)
