INSERT INTO run (kind, started, ended, source, summary)
VALUES (?, ?, ?, ?, ?)
