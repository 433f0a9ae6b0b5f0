// Pulls one image as containerd's own resolver does: the folder of hosts.toml files, then references. Prints one line a
// reference: "ok DIGEST", or "error TEXT".
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/containerd/containerd/v2/core/remotes/docker"
	"github.com/containerd/containerd/v2/core/remotes/docker/config"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

func pull(ctx context.Context, folder, reference string) (string, error) {
	hosts := config.ConfigureHosts(ctx, config.HostOptions{HostDir: config.HostDirFromRoot(folder)})
	resolver := docker.NewResolver(docker.ResolverOptions{Hosts: hosts})
	name, descriptor, err := resolver.Resolve(ctx, reference)
	if err != nil {
		return "", err
	}
	fetcher, err := resolver.Fetcher(ctx, name)
	if err != nil {
		return "", err
	}
	read := func(wanted ocispec.Descriptor) ([]byte, error) {
		body, err := fetcher.Fetch(ctx, wanted)
		if err != nil {
			return nil, err
		}
		defer body.Close()
		bytes, err := io.ReadAll(body)
		if err == nil && wanted.Digest.Algorithm().FromBytes(bytes) != wanted.Digest {
			err = fmt.Errorf("%s has other bytes", wanted.Digest)
		}
		return bytes, err
	}
	bytes, err := read(descriptor)
	if err != nil {
		return "", err
	}
	var manifest ocispec.Manifest
	if err := json.Unmarshal(bytes, &manifest); err != nil {
		return "", err
	}
	for _, part := range append(manifest.Layers, manifest.Config) {
		if _, err := read(part); err != nil {
			return "", err
		}
	}
	return descriptor.Digest.String(), nil
}

func main() {
	for _, reference := range os.Args[2:] {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		digest, err := pull(ctx, os.Args[1], reference)
		cancel()
		if err != nil {
			fmt.Println("error", strings.ReplaceAll(err.Error(), "\n", " "))
		} else {
			fmt.Println("ok", digest)
		}
	}
}
