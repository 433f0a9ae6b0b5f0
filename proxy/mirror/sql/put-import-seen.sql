INSERT OR REPLACE INTO import_seen (role, sequence, statement, content_id, created, at, source, checksum)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
