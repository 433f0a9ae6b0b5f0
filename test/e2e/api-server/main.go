// An API server for the end-to-end scenarios: kube-apiserver as Kubernetes builds it, and its etcd in the same process.
// ETCD_FOLDER, ETCD_CLIENTS and ETCD_PEERS say where etcd keeps its data and listens; every flag is kube-apiserver's.
package main

import (
	"errors"
	"log"
	"net/url"
	"os"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
	"k8s.io/component-base/cli"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

func main() {
	if err := startEtcd(); err != nil {
		log.Fatalf("etcd: %v", err)
	}
	os.Exit(cli.Run(app.NewAPIServerCommand()))
}

func startEtcd() error {
	clients, err := url.Parse(os.Getenv("ETCD_CLIENTS"))
	if err != nil {
		return err
	}
	peers, err := url.Parse(os.Getenv("ETCD_PEERS"))
	if err != nil {
		return err
	}
	config := embed.NewConfig()
	config.Dir = os.Getenv("ETCD_FOLDER")
	config.LogLevel = "error"
	// What is stored lives no longer than the scenario.
	config.UnsafeNoFsync = true
	config.ListenClientUrls, config.AdvertiseClientUrls = []url.URL{*clients}, []url.URL{*clients}
	config.ListenPeerUrls, config.AdvertisePeerUrls = []url.URL{*peers}, []url.URL{*peers}
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	server, err := embed.StartEtcd(config)
	if err != nil {
		return err
	}
	select {
	case <-server.Server.ReadyNotify():
		return nil
	case <-time.After(time.Minute):
		return errors.New("not ready within a minute")
	}
}
