SELECT fingerprint, pem, at, source, checksum
FROM import_key
ORDER BY at, fingerprint
