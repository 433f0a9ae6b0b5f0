// A Rekor v1 log for the end-to-end scenarios: rekor-server as Sigstore builds it, with Trillian, which keeps its tree
// in memory, and an index of Redis' kind in the same process. TRILLIAN and REDIS say where the two listen; every flag
// is rekor-server's.
package main

import (
	"context"
	"log"
	"net"
	"os"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/trillian"
	"github.com/google/trillian/extension"
	trillianlog "github.com/google/trillian/log"
	"github.com/google/trillian/monitoring"
	"github.com/google/trillian/quota"
	"github.com/google/trillian/server"
	"github.com/google/trillian/server/admin"
	"github.com/google/trillian/server/interceptor"
	"github.com/google/trillian/storage/memory"
	"github.com/google/trillian/util/clock"
	"github.com/google/trillian/util/election2"
	"github.com/sigstore/rekor/cmd/rekor-server/app"
	"google.golang.org/grpc"
)

func main() {
	if err := miniredis.NewMiniRedis().StartAddr(os.Getenv("REDIS")); err != nil {
		log.Fatalf("index: %v", err)
	}
	if err := startTrillian(os.Getenv("TRILLIAN")); err != nil {
		log.Fatalf("trillian: %v", err)
	}
	app.Execute()
}

func startTrillian(address string) error {
	metrics := monitoring.InertMetricFactory{}
	trees := memory.NewTreeStorage()
	registry := extension.Registry{
		AdminStorage:    memory.NewAdminStorage(trees),
		LogStorage:      memory.NewLogStorage(trees, metrics),
		ElectionFactory: election2.NoopFactory{},
		QuotaManager:    quota.Noop(),
		MetricFactory:   metrics,
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	service := grpc.NewServer(grpc.UnaryInterceptor(interceptor.ErrorWrapper))
	trillian.RegisterTrillianAdminServer(service, admin.New(registry, nil))
	trillian.RegisterTrillianLogServer(service, server.NewTrillianLogRPCServer(registry, clock.System))
	sequencer := trillianlog.NewOperationManager(trillianlog.OperationInfo{
		Registry:    registry,
		BatchSize:   100,
		NumWorkers:  1,
		RunInterval: 50 * time.Millisecond,
		TimeSource:  clock.System,
	}, trillianlog.NewSequencerManager(registry, 0))
	go sequencer.OperationLoop(context.Background())
	go func() { log.Fatal(service.Serve(listener)) }()
	return nil
}
