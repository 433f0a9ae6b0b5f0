{{- define "sallyport.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "sallyport.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else if contains (include "sallyport.name" .) .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "sallyport.name" .) | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Name of the objects of a component: root, component. */}}
{{- define "sallyport.of" -}}
{{- if eq .component "admission" -}}{{ include "sallyport.fullname" .root }}{{- else -}}
{{ include "sallyport.fullname" .root }}-{{ .component }}{{- end -}}
{{- end -}}

{{/* By which a component's Pods are found: root, component. */}}
{{- define "sallyport.selectorLabels" -}}
app.kubernetes.io/name: {{ include "sallyport.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "sallyport.labels" -}}
{{ include "sallyport.selectorLabels" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "sallyport.image" -}}
{{- $image := .Values.image -}}
{{- $name := required "image.repository: nobody publishes an image. Build it with the Dockerfile that npm run package leaves, push it to your registry, and name it here" $image.repository -}}
{{- $registry := default $image.registry .Values.global.image.registry -}}
{{- $tag := default .Chart.AppVersion $image.tag -}}
{{- if and (eq $tag "latest") (not $image.digest) -}}
{{- fail "image.tag: latest says nothing about what runs: name a version, or image.digest" -}}
{{- end -}}
{{- if $registry }}{{ $registry }}/{{ end }}{{ $name }}{{ if $image.digest }}@{{ $image.digest }}{{ else }}:{{ $tag }}{{ end -}}
{{- end -}}

{{- define "sallyport.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "sallyport.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* Whether a component asks the API server: root, component, part. */}}
{{- define "sallyport.asksCluster" -}}
{{- if dig "policies" "cluster" false .part.config -}}yes{{- end -}}
{{- end -}}

{{/* Names in a component's certificate: root, component, part. */}}
{{- define "sallyport.dnsNames" -}}
{{- $name := include "sallyport.of" . -}}
{{- $own := list $name (printf "%s.%s" $name .root.Release.Namespace) (printf "%s.%s.svc" $name .root.Release.Namespace) -}}
{{- concat $own (default (list) .part.tls.names) | toJson -}}
{{- end -}}

{{/* The Secret with a component's certificate, or nothing with tls.from: own. */}}
{{- define "sallyport.tlsSecret" -}}
{{- if eq .part.tls.from "secret" -}}
{{ required (printf "%stls.existingSecret: tls.from: secret needs a Secret of type kubernetes.io/tls" .prefix) .part.tls.existingSecret }}
{{- else if eq .part.tls.from "certManager" -}}
{{ include "sallyport.of" . }}-tls
{{- end -}}
{{- end -}}

{{/* The registry of a component's snapshots, with its port. */}}
{{- define "sallyport.snapshotHost" -}}
{{- index (splitList "/" (trimPrefix "oci://" .part.snapshot.from)) 0 -}}
{{- end -}}

{{/* The text of serve's configuration: root, component, part. */}}
{{- define "sallyport.config" -}}
{{- $root := .root -}}{{- $part := .part -}}
{{- $made := dict "apiVersion" "sallyport.dev/v1alpha1" "kind" "Config" "store" "/mirror" -}}
{{- $tls := dict "from" "own" "names" (include "sallyport.dnsNames" . | fromJsonArray) -}}
{{- if eq $part.tls.from "cluster" -}}
{{- $_ := set $tls "from" "cluster" -}}
{{- else if ne $part.tls.from "own" -}}
{{- $tls = dict "from" "files" "certificate" "/etc/sallyport/tls/tls.crt" "key" "/etc/sallyport/tls/tls.key" -}}
{{- end -}}
{{- $main := dict "name" .component "tls" $tls -}}
{{- if eq .component "admission" -}}
{{- $main = merge $main (dict "address" (printf ":%v" $root.Values.webhookServer.port) "serves" (list "admission")) -}}
{{- else -}}
{{- $main = merge $main (dict "address" (printf ":%v" $part.port) "serves" (list "registry" "trust")) -}}
{{- if ne $part.auth.by "none" -}}
{{- $main = merge $main (dict "auth" (dict "by" $part.auth.by "file" "/etc/sallyport/auth/auth")) -}}
{{- end -}}
{{- end -}}
{{- $health := dict "name" "metrics" "address" (printf ":%v" $root.Values.metrics.port) "serves" (list "health" "metrics") "plainHTTP" true -}}
{{- $_ := set $made "listeners" (list $main $health) -}}
{{- $folders := list -}}{{- $objects := list -}}
{{- if include "sallyport.readsPolicies" . -}}
{{- if $root.Values.policies.values }}{{ $folders = append $folders "/etc/sallyport/policies/values" }}{{ end -}}
{{- range $root.Values.policies.existingConfigMaps }}{{ $folders = append $folders (printf "/etc/sallyport/policies/%s" .) }}{{ end -}}
{{- if $root.Values.policies.existingClaim }}{{ $folders = append $folders "/etc/sallyport/policies-claim" }}{{ end -}}
{{- end -}}
{{- if eq .component "admission" -}}
{{- if $root.Values.objects.values }}{{ $objects = append $objects "/etc/sallyport/objects/values" }}{{ end -}}
{{- range $root.Values.objects.existingConfigMaps }}{{ $objects = append $objects (printf "/etc/sallyport/objects/%s" .) }}{{ end -}}
{{- end -}}
{{- if and (eq .component "admission") (or $root.Values.events.enabled $root.Values.policyReports.enabled) -}}
{{- $told := dict "events" $root.Values.events.enabled -}}
{{- if $root.Values.policyReports.enabled }}{{ $_ := set $told "reports" $root.Values.policyReports.api }}{{ end -}}
{{- $_ := set $made "admission" $told -}}
{{- end -}}
{{- if and (eq .component "admission") (include "sallyport.asksCluster" .) $root.Values.webhook.enabled -}}
{{- $webhook := $root.Values.webhook -}}
{{- $written := dict "write" true "service" (printf "%s/%s" $root.Release.Namespace (include "sallyport.fullname" $root)) -}}
{{- $_ := set $written "exemptNamespaces" $webhook.exemptNamespaces -}}
{{- $_ := set $written "exemptLabelled" $webhook.exemptLabelled -}}
{{- $labels := list -}}
{{- /* Of every component: who takes the webhooks away is none that answers. */ -}}
{{- range $key, $value := omit (include "sallyport.selectorLabels" . | fromYaml) "app.kubernetes.io/component" }}{{ $labels = append $labels (printf "%s=%s" $key $value) }}{{ end -}}
{{- $_ := set $written "ownLabels" $labels -}}
{{- if not (has $part.tls.from (list "own" "cluster")) }}{{ $_ := set $written "ca" "/etc/sallyport/tls/ca.crt" }}{{ end -}}
{{- $_ := set $made "webhooks" $written -}}
{{- end -}}
{{- if and (eq .component "admission") $root.Values.existingImagePullSecrets -}}
{{- $_ := set $made "cluster" (dict "imagePullSecrets" $root.Values.existingImagePullSecrets) -}}
{{- end -}}
{{- with $root.Values.features.tuf -}}
{{- if .enabled -}}
{{- $trust := dict "tufMirror" .mirror -}}
{{- if .root }}{{ $_ := set $trust "tufRoot" .root }}{{ end -}}
{{- if .rootRaw }}{{ $_ := set $trust "tufRoot" "/etc/sallyport/tuf/root.json" }}{{ end -}}
{{- $_ := set $made "trust" $trust -}}
{{- end -}}
{{- end -}}
{{- $policies := dict -}}
{{- if $folders }}{{ $_ := set $policies "folders" $folders }}{{ end -}}
{{- if $objects }}{{ $_ := set $policies "objects" $objects }}{{ end -}}
{{- if $policies }}{{ $_ := set $made "policies" $policies }}{{ end -}}
{{- if $part.snapshot.from -}}
{{- $keys := list -}}
{{- if $part.snapshot.existingKeysSecret.name -}}
{{- range $part.snapshot.existingKeysSecret.files }}{{ $keys = append $keys (printf "/etc/sallyport/snapshot-keys/%s" .) }}{{ end -}}
{{- else -}}
{{- range $file, $_ := $part.snapshot.keys }}{{ $keys = append $keys (printf "/etc/sallyport/snapshot-keys/%s" $file) }}{{ end -}}
{{- end -}}
{{- $_ := set $made "snapshot" (dict "from" $part.snapshot.from "interval" $part.snapshot.interval "keys" $keys) -}}
{{- if $part.snapshot.caConfigMap -}}
{{- $own := dict "host" (include "sallyport.snapshotHost" .) "ca" "/etc/sallyport/snapshot-ca/ca.crt" -}}
{{- $_ := set $made "upstreams" (prepend (default (list) $part.config.upstreams) $own) -}}
{{- end -}}
{{- end -}}
{{- /* Quoted: not every reader of YAML takes a text that begins with a colon. */ -}}
{{- regexReplaceAll "address: (:[0-9]+)" (toYaml (mergeOverwrite (deepCopy $part.config) $made)) "address: \"${1}\"" -}}
{{- end -}}

{{/* Whether the chart brings the root of a TUF repository. */}}
{{- define "sallyport.hasTufRoot" -}}
{{- if and .Values.features.tuf.enabled .Values.features.tuf.rootRaw -}}yes{{- end -}}
{{- end -}}

{{/* Whether a component reads policies: the proxy only where they guard its pulls. */}}
{{- define "sallyport.readsPolicies" -}}
{{- if or (eq .component "admission") (eq (dig "proxy" "admit" "all" .part.config) "policies") -}}yes{{- end -}}
{{- end -}}
