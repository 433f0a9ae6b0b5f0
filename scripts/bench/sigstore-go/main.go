// Verifications per second of one Sigstore bundle by sigstore-go, for scripts/bench: the bundle is parsed from its JSON each time, the trusted root once.
//
//	sigstore-go-bench BUNDLE ARTIFACT TRUSTED_ROOT IDENTITY ISSUER SECONDS
package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/sigstore/sigstore-go/pkg/bundle"
	"github.com/sigstore/sigstore-go/pkg/root"
	"github.com/sigstore/sigstore-go/pkg/verify"
)

func main() {
	if len(os.Args) != 7 {
		fail(fmt.Errorf("usage: sigstore-go-bench BUNDLE ARTIFACT TRUSTED_ROOT IDENTITY ISSUER SECONDS"))
	}
	text := must(os.ReadFile(os.Args[1]))
	artifact := must(os.ReadFile(os.Args[2]))
	trusted := must(root.NewTrustedRootFromPath(os.Args[3]))
	identity := must(verify.NewShortCertificateIdentity(os.Args[5], "", os.Args[4], ""))
	seconds := must(strconv.ParseFloat(os.Args[6], 64))
	verifier := must(verify.NewVerifier(trusted,
		verify.WithSignedCertificateTimestamps(1), verify.WithTransparencyLog(1), verify.WithObserverTimestamps(1)))

	once := func() {
		entity := &bundle.Bundle{}
		if err := entity.UnmarshalJSON(text); err != nil {
			fail(err)
		}
		policy := verify.NewPolicy(verify.WithArtifact(bytes.NewReader(artifact)), verify.WithCertificateIdentity(identity))
		if _, err := verifier.Verify(entity, policy); err != nil {
			fail(err)
		}
	}
	for warm := 0; warm < 20; warm++ {
		once()
	}
	limit := time.Duration(seconds * float64(time.Second))
	start := time.Now()
	count := 0
	for time.Since(start) < limit {
		once()
		count++
	}
	fmt.Printf("%.3f\n", float64(count)/time.Since(start).Seconds())
}

func must[T any](value T, err error) T {
	if err != nil {
		fail(err)
	}
	return value
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
