{{/* The specification of a component's Pods: root, component, part, port. */}}
{{- define "sallyport.pod" -}}
{{- $root := .root -}}{{- $part := .part -}}{{- $values := .root.Values -}}
{{- $claimIsReadOnly := and $part.mirror.existingClaim $part.mirror.readOnly -}}
{{- $credentials := $part.snapshot.credentialsSecret -}}
{{- if eq .component "proxy" }}{{ $credentials = default $credentials $part.credentialsSecret }}{{ end -}}
serviceAccountName: {{ include "sallyport.serviceAccountName" $root }}
{{- if include "sallyport.asksCluster" . }}
automountServiceAccountToken: true
{{- else }}
# Nothing here asks the API server.
automountServiceAccountToken: false
{{- end }}
enableServiceLinks: false
{{- with $values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- if $values.priorityClassName }}
priorityClassName: {{ $values.priorityClassName }}
{{- end }}
{{- if $values.hostNetwork }}
hostNetwork: true
{{- end }}
dnsPolicy: {{ default (ternary "ClusterFirstWithHostNet" "ClusterFirst" $values.hostNetwork) $values.dnsPolicy }}
# Longer than limits.drain.
terminationGracePeriodSeconds: 40
securityContext: {{- toYaml $values.podSecurityContext | nindent 2 }}
{{- $isReader := eq .component "admission" -}}
{{- if and $isReader $values.extraInitContainers }}
initContainers: {{- toYaml $values.extraInitContainers | nindent 2 }}
{{- end }}
containers:
  - name: sallyport
    image: {{ include "sallyport.image" $root | quote }}
    imagePullPolicy: {{ $values.image.pullPolicy }}
    {{- if and $isReader $values.extraArgs }}
    args:
      - serve
      - --config
      - /etc/sallyport/config/sallyport.yaml
      {{- if kindIs "map" $values.extraArgs }}
      {{- range $name, $value := $values.extraArgs }}
      - {{ printf "--%s=%s" $name (kindIs "string" $value | ternary $value (toJson $value)) | quote }}
      {{- end }}
      {{- else }}
      {{- range $values.extraArgs }}
      - {{ . | quote }}
      {{- end }}
      {{- end }}
    {{- else }}
    args: [serve, --config, /etc/sallyport/config/sallyport.yaml]
    {{- end }}
    {{- if or $credentials $values.extraEnvVars }}
    env:
      {{- if $credentials }}
      - { name: DOCKER_CONFIG, value: /etc/sallyport/docker }
      {{- end }}
      {{- with $values.extraEnvVars }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
    {{- end }}
    ports:
      - { name: {{ .component }}, containerPort: {{ .port }}, protocol: TCP }
      - { name: metrics, containerPort: {{ $values.metrics.port }}, protocol: TCP }
    # The first snapshot is pulled before anything answers: ten minutes are given.
    startupProbe:
      httpGet: { path: /healthz, port: metrics }
      periodSeconds: 2
      failureThreshold: 300
    livenessProbe:
      httpGet: { path: /healthz, port: metrics }
      periodSeconds: 10
      timeoutSeconds: 5
      failureThreshold: 6
    readinessProbe:
      httpGet: { path: /readyz, port: metrics }
      periodSeconds: 5
      timeoutSeconds: 5
      failureThreshold: 2
    securityContext: {{- toYaml $values.securityContext | nindent 6 }}
    resources: {{- toYaml $part.resources | nindent 6 }}
    volumeMounts:
      - { name: mirror, mountPath: /mirror{{ if $claimIsReadOnly }}, readOnly: true{{ end }} }
      - { name: tmp, mountPath: /tmp }
      - { name: config, mountPath: /etc/sallyport/config, readOnly: true }
      {{- if not (has $part.tls.from (list "own" "cluster")) }}
      - { name: tls, mountPath: /etc/sallyport/tls, readOnly: true }
      {{- end }}
      {{- if include "sallyport.readsPolicies" . }}
      {{- if $values.policies.values }}
      - { name: policies, mountPath: /etc/sallyport/policies/values, readOnly: true }
      {{- end }}
      {{- range $index, $name := $values.policies.existingConfigMaps }}
      - { name: policies-{{ $index }}, mountPath: /etc/sallyport/policies/{{ $name }}, readOnly: true }
      {{- end }}
      {{- if $values.policies.existingClaim }}
      - { name: policies-claim, mountPath: /etc/sallyport/policies-claim, readOnly: true }
      {{- end }}
      {{- end }}
      {{- if eq .component "admission" }}
      {{- if $values.objects.values }}
      - { name: objects, mountPath: /etc/sallyport/objects/values, readOnly: true }
      {{- end }}
      {{- range $index, $name := $values.objects.existingConfigMaps }}
      - { name: objects-{{ $index }}, mountPath: /etc/sallyport/objects/{{ $name }}, readOnly: true }
      {{- end }}
      {{- else if ne $part.auth.by "none" }}
      - { name: auth, mountPath: /etc/sallyport/auth, readOnly: true }
      {{- end }}
      {{- if $part.snapshot.from }}
      - { name: snapshot-keys, mountPath: /etc/sallyport/snapshot-keys, readOnly: true }
      {{- if $part.snapshot.caConfigMap }}
      - { name: snapshot-ca, mountPath: /etc/sallyport/snapshot-ca, readOnly: true }
      {{- end }}
      {{- end }}
      {{- if include "sallyport.hasTufRoot" $root }}
      - { name: tuf-root, mountPath: /etc/sallyport/tuf, readOnly: true }
      {{- end }}
      {{- if or $values.global.caCertificates.data $values.global.caCertificates.volume }}
      # Where systems have it.
      - name: ca-certificates
        mountPath: /etc/ssl/certs/ca-certificates.crt
        {{- if $values.global.caCertificates.data }}
        subPath: ca-certificates.crt
        {{- end }}
        readOnly: true
      {{- end }}
      {{- if $credentials }}
      - { name: docker, mountPath: /etc/sallyport/docker, readOnly: true }
      {{- end }}
      {{- with $values.extraVolumeMounts }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
  {{- if and $isReader $values.extraContainers }}
  {{- toYaml $values.extraContainers | nindent 2 }}
  {{- end }}
volumes:
  - name: mirror
    {{- if $part.mirror.existingClaim }}
    persistentVolumeClaim: { claimName: {{ $part.mirror.existingClaim }}{{ if $claimIsReadOnly }}, readOnly: true{{ end }} }
    {{- else }}
    emptyDir: { sizeLimit: {{ $part.mirror.sizeLimit }} }
    {{- end }}
  - name: tmp
    emptyDir: { sizeLimit: 1Gi }
  - name: config
    configMap: { name: {{ include "sallyport.of" . }}-config }
  {{- with include "sallyport.tlsSecret" . }}
  - name: tls
    secret: { secretName: {{ . }}, defaultMode: 0440 }
  {{- end }}
  {{- if include "sallyport.readsPolicies" . }}
  {{- if $values.policies.values }}
  - name: policies
    configMap: { name: {{ include "sallyport.fullname" $root }}-policies }
  {{- end }}
  {{- range $index, $name := $values.policies.existingConfigMaps }}
  - name: policies-{{ $index }}
    configMap: { name: {{ $name }} }
  {{- end }}
  {{- if $values.policies.existingClaim }}
  - name: policies-claim
    persistentVolumeClaim: { claimName: {{ $values.policies.existingClaim }}, readOnly: true }
  {{- end }}
  {{- end }}
  {{- if eq .component "admission" }}
  {{- if $values.objects.values }}
  - name: objects
    configMap: { name: {{ include "sallyport.fullname" $root }}-objects }
  {{- end }}
  {{- range $index, $name := $values.objects.existingConfigMaps }}
  - name: objects-{{ $index }}
    configMap: { name: {{ $name }} }
  {{- end }}
  {{- else if ne $part.auth.by "none" }}
  - name: auth
    secret: { secretName: {{ $part.auth.existingSecret }}, defaultMode: 0440 }
  {{- end }}
  {{- if $part.snapshot.from }}
  - name: snapshot-keys
    {{- if $part.snapshot.existingKeysSecret.name }}
    secret: { secretName: {{ $part.snapshot.existingKeysSecret.name }}, defaultMode: 0440 }
    {{- else }}
    configMap: { name: {{ include "sallyport.of" . }}-snapshot-keys }
    {{- end }}
  {{- if $part.snapshot.caConfigMap }}
  - name: snapshot-ca
    configMap: { name: {{ $part.snapshot.caConfigMap }} }
  {{- end }}
  {{- end }}
  {{- if include "sallyport.hasTufRoot" $root }}
  - name: tuf-root
    configMap: { name: {{ include "sallyport.fullname" $root }}-tuf-root }
  {{- end }}
  {{- if $values.global.caCertificates.data }}
  - name: ca-certificates
    configMap: { name: {{ include "sallyport.fullname" $root }}-ca-certificates }
  {{- else }}
  {{- with $values.global.caCertificates.volume }}
  - name: ca-certificates
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- end }}
  {{- if $credentials }}
  - name: docker
    secret:
      secretName: {{ $credentials }}
      defaultMode: 0440
      items: [{ key: .dockerconfigjson, path: config.json }]
  {{- end }}
  {{- with $values.extraVolumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with $values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
topologySpreadConstraints:
{{- if $values.topologySpreadConstraints }}
{{- toYaml $values.topologySpreadConstraints | nindent 2 }}
{{- else }}
{{- $labels := include "sallyport.selectorLabels" . }}
{{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- $labels | nindent 8 }}
{{- end }}
{{- end }}
{{- end -}}

{{/* A component: its configuration, keys, Deployment and metrics. */}}
{{- define "sallyport.component" -}}
{{- $root := .root -}}{{- $part := .part -}}{{- $name := include "sallyport.of" . -}}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ $name }}-config
  namespace: {{ $root.Release.Namespace }}
  labels: {{- include "sallyport.labels" . | nindent 4 }}
data:
  sallyport.yaml: |
    {{- include "sallyport.config" . | nindent 4 }}
{{- if and $part.snapshot.from (not $part.snapshot.existingKeysSecret.name) }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ $name }}-snapshot-keys
  namespace: {{ $root.Release.Namespace }}
  labels: {{- include "sallyport.labels" . | nindent 4 }}
data: {{- toYaml $part.snapshot.keys | nindent 2 }}
{{- end }}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ $name }}
  namespace: {{ $root.Release.Namespace }}
  labels: {{- include "sallyport.labels" . | nindent 4 }}
spec:
  replicas: {{ $part.replicas }}
  revisionHistoryLimit: 3
  {{- if and (eq (default "offline" $part.config.mode) "online") $part.mirror.existingClaim }}
  # A mirror has one writer.
  strategy: { type: Recreate }
  {{- else }}
  strategy: {{- toYaml $root.Values.updateStrategy | nindent 4 }}
  {{- end }}
  selector:
    matchLabels: {{- include "sallyport.selectorLabels" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- with $root.Values.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
        {{- include "sallyport.labels" . | nindent 8 }}
      annotations:
        # Some settings are read at the start only. Policies and certificates are read again without it.
        checksum/config: {{ include "sallyport.config" . | sha256sum }}
        {{- with $root.Values.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec: {{- include "sallyport.pod" . | nindent 6 }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ $name }}-metrics
  namespace: {{ $root.Release.Namespace }}
  labels: {{- include "sallyport.labels" . | nindent 4 }}
spec:
  selector: {{- include "sallyport.selectorLabels" . | nindent 4 }}
  ports:
    - { name: metrics, port: {{ $root.Values.metrics.port }}, targetPort: metrics, protocol: TCP }
{{- end -}}
