INSERT OR REPLACE INTO decision (id, at, subject, allowed, digest, record)
VALUES (?, ?, ?, ?, ?, ?)
