SELECT signed, at, source, checksum
FROM signed_time
