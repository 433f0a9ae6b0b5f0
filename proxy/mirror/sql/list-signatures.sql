SELECT repository, image, layout, manifest, layer, media_type AS mediaType, at
FROM signature
ORDER BY repository, image, layout, manifest, layer
