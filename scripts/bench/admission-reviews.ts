/**
 * Reviews of Pods as an API server sends them: a web server with a proxy beside it, made by a ReplicaSet, with what the
 * API server and its admission plug-ins write into it. Each Pod has a name of its own, and its review an id.
 */

export interface ReviewOf {
  /** Which Pod it is: its name, its review's id and its address in the API server's log follow from it. */
  readonly index: number;
  readonly images: readonly string[];
  readonly namespace?: string;
  /** Default `/mutate/fail`. */
  readonly path?: string;
}

const hex = (index: number, length: number): string => index.toString(16).padStart(length, "0").slice(-length);

const probe = (path: string, seconds: number) => ({
  httpGet: { path, port: "http", scheme: "HTTP" },
  initialDelaySeconds: seconds,
  timeoutSeconds: 1,
  periodSeconds: 10,
  successThreshold: 1,
  failureThreshold: 3,
});

const secret = (name: string, key: string) => ({ name, valueFrom: { secretKeyRef: { name: "web-settings", key } } });

function container(image: string, index: number) {
  return {
    name: `app-${index}`,
    image,
    args: ["--listen=:8080", "--log-format=json", `--shard=${index}`],
    ports: [{ name: "http", containerPort: 8080 + index, protocol: "TCP" }],
    env: [
      { name: "POD_NAME", valueFrom: { fieldRef: { apiVersion: "v1", fieldPath: "metadata.name" } } },
      { name: "LOG_LEVEL", value: "info" },
      { name: "SHOP_API", value: `https://api.shop.svc.cluster.local:8443/v2/shards/${index}?region=eu-central-1` },
      { name: "JAVA_TOOL_OPTIONS", value: "-XX:MaxRAMPercentage=75 -XX:+ExitOnOutOfMemoryError -Dfile.encoding=UTF-8" },
      { name: "OTEL_EXPORTER_OTLP_ENDPOINT", value: "http://collector.observability.svc.cluster.local:4317" },
      { name: "OTEL_RESOURCE_ATTRIBUTES", value: "service.name=web,service.namespace=shop,deployment=production" },
      secret("DATABASE_PASSWORD", "database-password"),
      secret("SESSION_KEY", "session-key"),
    ],
    resources: { limits: { cpu: "500m", memory: "256Mi" }, requests: { cpu: "100m", memory: "128Mi" } },
    volumeMounts: [
      { name: "settings", readOnly: true, mountPath: "/etc/web" },
      { name: "kube-api-access-x7k2q", readOnly: true, mountPath: "/var/run/secrets/kubernetes.io/serviceaccount" },
    ],
    livenessProbe: probe("/healthz", 10),
    readinessProbe: probe("/readyz", 2),
    terminationMessagePath: "/dev/termination-log",
    terminationMessagePolicy: "File",
    imagePullPolicy: "IfNotPresent",
    securityContext: { capabilities: { drop: ["ALL"] }, runAsNonRoot: true, allowPrivilegeEscalation: false },
  };
}

/** What the API server notes about who wrote which field. */
function managed(count: number) {
  const every = { ".": {}, "f:name": {}, "f:value": {} };
  const probed = { ".": {}, "f:failureThreshold": {}, "f:httpGet": { ".": {}, "f:path": {}, "f:port": {} } };
  const written = {
    ".": {},
    "f:args": {},
    "f:env": { ".": {}, 'k:{"name":"POD_NAME"}': every, 'k:{"name":"LOG_LEVEL"}': every },
    "f:image": {},
    "f:livenessProbe": probed,
    "f:name": {},
    "f:readinessProbe": probed,
    "f:resources": { ".": {}, "f:limits": { ".": {}, "f:cpu": {}, "f:memory": {} } },
    "f:volumeMounts": { ".": {}, 'k:{"mountPath":"/etc/web"}': { ".": {}, "f:mountPath": {}, "f:name": {} } },
  };
  return [
    {
      manager: "kube-controller-manager",
      operation: "Update",
      apiVersion: "v1",
      time: "2026-11-24T12:00:00Z",
      fieldsType: "FieldsV1",
      fieldsV1: {
        "f:metadata": {
          "f:generateName": {},
          "f:labels": { ".": {}, "f:app": {}, "f:pod-template-hash": {} },
          "f:ownerReferences": { ".": {}, 'k:{"uid":"6f1d2c3b-7c4e-4a39-9d7f-0a1b2c3d4e5f"}': {} },
        },
        "f:spec": {
          "f:containers": Object.fromEntries(
            Array.from({ length: count }, (_, index) => [`k:{"name":"app-${index}"}`, written]),
          ),
          "f:dnsPolicy": {},
          "f:restartPolicy": {},
          "f:serviceAccountName": {},
          "f:volumes": { ".": {}, 'k:{"name":"settings"}': { ".": {}, "f:configMap": {}, "f:name": {} } },
        },
      },
    },
  ];
}

function podOf({ index, images, namespace = "shop" }: ReviewOf) {
  return {
    kind: "Pod",
    apiVersion: "v1",
    metadata: {
      name: `web-5d8c7b9f4-${hex(index, 5)}`,
      generateName: "web-5d8c7b9f4-",
      namespace,
      creationTimestamp: null,
      labels: { app: "web", "app.kubernetes.io/part-of": "shop", "pod-template-hash": "5d8c7b9f4" },
      annotations: { "prometheus.io/scrape": "true", "prometheus.io/port": "8080" },
      ownerReferences: [
        {
          apiVersion: "apps/v1",
          kind: "ReplicaSet",
          name: "web-5d8c7b9f4",
          uid: "6f1d2c3b-7c4e-4a39-9d7f-0a1b2c3d4e5f",
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
      managedFields: managed(images.length),
    },
    spec: {
      volumes: [
        { name: "settings", configMap: { name: "web-settings", defaultMode: 420 } },
        {
          name: "kube-api-access-x7k2q",
          projected: {
            sources: [
              { serviceAccountToken: { expirationSeconds: 3607, path: "token" } },
              { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
            ],
            defaultMode: 420,
          },
        },
      ],
      containers: images.map(container),
      restartPolicy: "Always",
      terminationGracePeriodSeconds: 30,
      dnsPolicy: "ClusterFirst",
      serviceAccountName: "web",
      serviceAccount: "web",
      securityContext: { fsGroup: 2000 },
      schedulerName: "default-scheduler",
      tolerations: [
        { key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoExecute", tolerationSeconds: 300 },
        { key: "node.kubernetes.io/unreachable", operator: "Exists", effect: "NoExecute", tolerationSeconds: 300 },
      ],
      priority: 0,
      enableServiceLinks: true,
      preemptionPolicy: "PreemptLowerPriority",
    },
    status: {},
  };
}

/** The body, as an API server encodes it: Go writes no spaces. */
export function reviewBody(one: ReviewOf): string {
  const { index, namespace = "shop" } = one;
  const object = podOf(one);
  const pods = { group: "", version: "v1" };
  return JSON.stringify({
    kind: "AdmissionReview",
    apiVersion: "admission.k8s.io/v1",
    request: {
      uid: `705ab4f5-6393-11e8-b7cc-${hex(index, 12)}`,
      kind: { ...pods, kind: "Pod" },
      resource: { ...pods, resource: "pods" },
      requestKind: { ...pods, kind: "Pod" },
      requestResource: { ...pods, resource: "pods" },
      name: object.metadata.name,
      namespace,
      operation: "CREATE",
      userInfo: {
        username: "system:serviceaccount:kube-system:replicaset-controller",
        uid: "3b2f9a5e-1c7d-4f7a-8b0e-2d1c3b4a5f60",
        groups: ["system:serviceaccounts", "system:serviceaccounts:kube-system", "system:authenticated"],
        extra: { "authentication.kubernetes.io/credential-id": ["JTI=4be0b1f2-9f4c-4b0c-9e2d-7f6a5b4c3d2e"] },
      },
      object,
      oldObject: null,
      dryRun: false,
      options: { kind: "CreateOptions", apiVersion: "meta.k8s.io/v1" },
    },
  });
}

/**
 * The whole request, with the headers of an API server. It calls webhooks by HTTP/1.1, whatever a server offers, so
 * that its requests spread over replicas. Source: Kubernetes' webhook client, `pkg/util/webhook/client.go`.
 */
export function requestOf(body: string, path: string): Buffer {
  return Buffer.from(
    `POST ${path}?timeout=10s HTTP/1.1\r\nHost: sallyport.sallyport.svc:443\r\n` +
      "User-Agent: kube-apiserver-admission\r\n" +
      `Content-Length: ${Buffer.byteLength(body)}\r\nAccept: application/json, */*\r\n` +
      `Content-Type: application/json\r\nAccept-Encoding: gzip\r\n\r\n${body}`,
  );
}

export const reviewRequest = (one: ReviewOf): Buffer => requestOf(reviewBody(one), one.path ?? "/mutate/fail");
