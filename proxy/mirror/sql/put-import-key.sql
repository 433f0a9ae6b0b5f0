INSERT OR IGNORE INTO import_key (fingerprint, pem, at, source, checksum)
VALUES (?, ?, ?, ?, ?)
