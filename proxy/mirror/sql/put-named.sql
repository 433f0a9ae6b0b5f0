INSERT OR IGNORE INTO named (place, manifest)
VALUES (?, ?)
