// Pulls images as CRI-O and podman do: the folder that stands for /etc/containers, then references. Prints one line a
// reference: "ok DIGEST", or "error TEXT". A name without a registry is resolved by the settings for such names.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/opencontainers/go-digest"
	"go.podman.io/image/v5/docker"
	"go.podman.io/image/v5/manifest"
	"go.podman.io/image/v5/pkg/blobinfocache/none"
	"go.podman.io/image/v5/pkg/shortnames"
	"go.podman.io/image/v5/types"
)

func pull(ctx context.Context, system *types.SystemContext, text string) (string, error) {
	resolved, err := shortnames.Resolve(system, text)
	if err != nil {
		return "", err
	}
	if len(resolved.PullCandidates) != 1 {
		return "", fmt.Errorf("%d registries for %s", len(resolved.PullCandidates), text)
	}
	reference, err := docker.NewReference(resolved.PullCandidates[0].Value)
	if err != nil {
		return "", err
	}
	source, err := reference.NewImageSource(ctx, system)
	if err != nil {
		return "", err
	}
	defer source.Close()
	bytes, mediaType, err := source.GetManifest(ctx, nil)
	if err != nil {
		return "", err
	}
	parsed, err := manifest.FromBlob(bytes, mediaType)
	if err != nil {
		return "", err
	}
	parts := []types.BlobInfo{parsed.ConfigInfo()}
	for _, layer := range parsed.LayerInfos() {
		parts = append(parts, layer.BlobInfo)
	}
	for _, part := range parts {
		body, _, err := source.GetBlob(ctx, part, none.NoCache)
		if err != nil {
			return "", err
		}
		content, err := io.ReadAll(body)
		body.Close()
		if err != nil {
			return "", err
		}
		if digest.FromBytes(content) != part.Digest {
			return "", fmt.Errorf("%s has other bytes", part.Digest)
		}
	}
	return digest.FromBytes(bytes).String(), nil
}

func main() {
	folder := os.Args[1]
	system := &types.SystemContext{
		SystemRegistriesConfPath:    filepath.Join(folder, "registries.conf"),
		SystemRegistriesConfDirPath: filepath.Join(folder, "registries.conf.d"),
		DockerPerHostCertDirPath:    filepath.Join(folder, "certs.d"),
		AuthFilePath:                filepath.Join(folder, "auth.json"),
		UserShortNameAliasConfPath:  filepath.Join(folder, "aliases.conf"),
	}
	for _, reference := range os.Args[2:] {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		found, err := pull(ctx, system, reference)
		cancel()
		if err != nil {
			fmt.Println("error", strings.ReplaceAll(err.Error(), "\n", " "))
		} else {
			fmt.Println("ok", found)
		}
	}
}
