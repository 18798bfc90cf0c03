{{/* How Prometheus finds the pages. */}}

{{- define "pgvitals.telemetryPath" -}}
{{ dig "web" "telemetry_path" "/metrics" .Values.config }}
{{- end }}

{{- define "pgvitals.scrapeAnnotations" -}}
prometheus.io/scrape: "true"
prometheus.io/port: {{ .Values.containerPorts.metrics | quote }}
prometheus.io/path: {{ include "pgvitals.telemetryPath" . }}
prometheus.io/scheme: {{ include "pgvitals.scheme" . }}
{{- end }}

{{/* The name in the label `instance` of a page: a relabeling, so that it holds for `up` too. A sidecar's is its pod's, with the namespace: of a StatefulSet many have the same. */}}
{{- define "pgvitals.instanceRelabeling" -}}
{{- if .root.Values.deployment.enabled -}}
targetLabel: instance
replacement: {{ .instance | quote }}
{{- else -}}
sourceLabels: [__meta_kubernetes_namespace, __meta_kubernetes_pod_name]
separator: /
targetLabel: instance
{{- end }}
{{- end }}

{{/* The endpoints of a monitor: of (dict "root" $ "monitor" map "serverName" text). */}}
{{- define "pgvitals.endpoints" -}}
{{- $names := keys .root.Values.instances | sortAlpha -}}
{{- $alone := eq (len $names) 1 -}}
{{- $pages := list (dict "instance" ($alone | ternary (first $names) (printf "%s/%s" .root.Release.Namespace (include "pgvitals.fullname" .root)))) -}}
{{- if not $alone }}{{ range $names }}{{ $pages = append $pages (dict "instance" . "probe" true) }}{{ end }}{{ end }}
{{- range $pages }}
{{ include "pgvitals.endpoint" (merge . $) }}
{{- end }}
{{- end }}

{{/* One endpoint: of the above, with "instance" text and perhaps "probe" true. */}}
{{- define "pgvitals.endpoint" -}}
- port: metrics
  scheme: {{ include "pgvitals.scheme" .root }}
  path: {{ .probe | default false | ternary "/probe" (include "pgvitals.telemetryPath" .root) }}
  {{- if .probe }}
  params:
    target: [{{ .instance | quote }}]
  {{- end }}
  interval: {{ .monitor.interval }}
  {{- with .monitor.scrapeTimeout }}
  scrapeTimeout: {{ . }}
  {{- end }}
  {{- if eq (include "pgvitals.scheme" .root) "https" }}
  tlsConfig:
    {{- merge (deepCopy .monitor.tlsConfig) (.serverName | empty | ternary dict (dict "serverName" .serverName)) | toYaml | nindent 4 }}
  {{- end }}
  {{- with .monitor.basicAuth }}
  basicAuth:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  relabelings:
    - {{- include "pgvitals.instanceRelabeling" . | nindent 6 }}
    {{- with .monitor.relabelings }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with .monitor.metricRelabelings }}
  metricRelabelings:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
