INSERT OR IGNORE INTO distrust (digest, kind, value, reason, date, at, source, checksum)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
