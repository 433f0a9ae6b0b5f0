// Kyverno's command line for the end-to-end scenarios. TUF_MIRROR and TUF_INITIAL_ROOT name a TUF repository and the
// file of the root to start from: what the flags --tufMirror and --tufRoot are to Kyverno's controllers.
package main

import (
	"context"
	"flag"
	"log"
	"os"

	"github.com/kyverno/kyverno/cmd/cli/kubectl-kyverno/commands"
	kyvernolog "github.com/kyverno/kyverno/cmd/cli/kubectl-kyverno/log"
	"github.com/kyverno/kyverno/pkg/sigstoretuf"
)

func main() {
	if mirror := os.Getenv("TUF_MIRROR"); mirror != "" {
		root, err := os.ReadFile(os.Getenv("TUF_INITIAL_ROOT"))
		if err != nil {
			log.Fatal(err)
		}
		if err := sigstoretuf.Initialize(context.Background(), mirror, root); err != nil {
			log.Fatalf("TUF: %v", err)
		}
	}
	command := commands.RootCommand(true)
	if err := kyvernolog.Configure(); err != nil {
		log.Fatal(err)
	}
	command.PersistentFlags().AddGoFlagSet(flag.CommandLine)
	if command.Execute() != nil {
		os.Exit(1)
	}
}
