INSERT INTO run (kind, started, ended, source, summary, checksum)
VALUES (?, ?, ?, ?, ?, ?)
