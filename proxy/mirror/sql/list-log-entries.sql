SELECT
  repository,
  image,
  layer,
  log_id AS logId,
  CAST(log_index AS TEXT) AS logIndex,
  CAST(integrated_time AS TEXT) AS integratedTime
FROM rekor_entry
ORDER BY log_id, CAST(log_index AS INTEGER), repository, image, layer
