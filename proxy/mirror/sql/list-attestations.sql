SELECT repository, image, layout, predicate_type AS predicateType, manifest, layer, media_type AS mediaType, at
FROM attestation
ORDER BY repository, image, layout, manifest, layer
