INSERT OR IGNORE INTO temp.arrived_bytes (digest, bytes)
VALUES (?, ?)
