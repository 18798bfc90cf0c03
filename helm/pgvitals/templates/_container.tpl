{{/* The container and its volumes: of the Deployment, and as a sidecar for the pods of other charts. */}}

{{/* The container, without probes. */}}
{{- define "pgvitals.container" -}}
name: pgvitals
image: {{ include "pgvitals.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
args:
  - --config.file=/etc/pgvitals/pgvitals.yaml
  {{- if ne (int .Values.containerPorts.metrics) 9187 }}
  - --web.listen-address=:{{ .Values.containerPorts.metrics }}
  {{- end }}
  {{- if include "pgvitals.secured" . }}
  - --web.config.file=/etc/pgvitals/web/web.yml
  - --web.health-address=:{{ .Values.containerPorts.health }}
  {{- end }}
  {{- with .Values.extraArgs }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with .Values.extraEnv }}
env:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.envFrom }}
envFrom:
  {{- toYaml . | nindent 2 }}
{{- end }}
ports:
  - name: metrics
    containerPort: {{ .Values.containerPorts.metrics }}
  {{- if include "pgvitals.secured" . }}
  - name: health
    containerPort: {{ .Values.containerPorts.health }}
  {{- end }}
{{- with .Values.resources }}
resources:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.securityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
volumeMounts:
  - name: pgvitals-config
    mountPath: /etc/pgvitals
    readOnly: true
  {{- if include "pgvitals.credentialSources" . }}
  - name: pgvitals-credentials
    mountPath: /run/pgvitals
    readOnly: true
  {{- end }}
  {{- range .Values.mounts }}
  - name: {{ .name | quote }}
    mountPath: {{ .mountPath | quote }}
    readOnly: true
  {{- end }}
  {{- with .Values.extraVolumeMounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{/* A probe: of (dict "root" $ "path" text "timing" map). The kubelet has neither password nor certificate. */}}
{{- define "pgvitals.probe" -}}
{{- $port := include "pgvitals.secured" .root | empty | ternary "metrics" "health" -}}
{{ toYaml (merge (dict "httpGet" (dict "path" .path "port" $port)) .timing) }}
{{- end }}

{{/* The container as an item of a pod's containers. No other probe: docs/kubernetes.md says why. */}}
{{- define "pgvitals.sidecar" -}}
- {{ include "pgvitals.container" . | nindent 2 | trim }}
  livenessProbe:
    {{- include "pgvitals.probe" (dict "root" . "path" "/-/healthy" "timing" (merge dict .Values.livenessProbe (dict "initialDelaySeconds" 60))) | nindent 4 }}
{{- end }}

{{/* The same for a pod's initContainers, from Kubernetes 1.29 on. */}}
{{- define "pgvitals.sidecar.native" -}}
{{- $found := .Capabilities.KubeVersion.Version -}}
{{- if semverCompare "<1.29-0" $found }}
  {{- fail (printf "pgvitals.sidecar.native: found Kubernetes %s, expected 1.29 or later: before it, the pod would wait for the end of such a container; take pgvitals.sidecar" $found) }}
{{- end -}}
{{ include "pgvitals.sidecar" . }}
  restartPolicy: Always
{{- end }}

{{/* The volumes of the container, as items of a pod's volumes. */}}
{{- define "pgvitals.sidecar.volumes" -}}
- name: pgvitals-config
  projected:
    defaultMode: 0440
    sources:
      {{- include "pgvitals.configSources" . | nindent 6 }}
{{- with include "pgvitals.credentialSources" . }}
- name: pgvitals-credentials
  projected:
    defaultMode: 0440
    sources:
      {{- . | nindent 6 }}
{{- end }}
{{- range .Values.mounts }}
- {{- omit . "mountPath" | toYaml | nindent 2 }}
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* A source of a projected volume: of (dict "kind" text "name" text "keys" list "folder" text "paths" map). */}}
{{- define "pgvitals.source" -}}
- {{ .kind }}:
    name: {{ .name | quote }}
    items:
      {{- range .keys }}
      - key: {{ . | quote }}
        path: {{ printf "%s%s" $.folder (get ($.paths | default dict) . | default .) | quote }}
      {{- end }}
{{- end }}

{{/* All that is below /etc/pgvitals: one volume, as nothing can be mounted below one that is read only. */}}
{{- define "pgvitals.configSources" -}}
{{- $name := include "pgvitals.fullname" . -}}
{{- $web := .Values.web -}}
{{ include "pgvitals.source" (dict "kind" "configMap" "name" $name "keys" (list "pgvitals.yaml") "folder" "") }}
{{- with .Values.extraQueries }}
{{ include "pgvitals.source" (dict "kind" "configMap" "name" (printf "%s-queries" $name) "keys" (keys . | sortAlpha) "folder" "queries/") }}
{{- end }}
{{- range .Values.extraQueryConfigMaps }}
{{ include "pgvitals.source" (dict "kind" "configMap" "name" .name "keys" .keys "folder" "queries/") }}
{{- end }}
{{- with .Values.exemptions.existingConfigMap }}
{{ include "pgvitals.source" (dict "kind" "configMap" "name" . "keys" (list $.Values.exemptions.key) "folder" "" "paths" (dict $.Values.exemptions.key "exemptions.yaml")) }}
{{- end }}
{{- if and (include "pgvitals.secured" .) (not (include "pgvitals.ownWebFile" .)) }}
{{ include "pgvitals.source" (dict "kind" "configMap" "name" $name "keys" (list "web.yml") "folder" "web/") }}
{{- end }}
{{- with $web.existingSecret.name }}
{{ include "pgvitals.source" (dict "kind" "secret" "name" . "keys" $web.existingSecret.keys "folder" "web/") }}
{{- end }}
{{- with $web.tls.existingSecret }}
{{ include "pgvitals.source" (dict "kind" "secret" "name" . "keys" (list "tls.crt" "tls.key") "folder" "web/") }}
{{- end }}
{{- with $web.tls.clientCA }}
{{- $paths := dict .key "client-ca.crt" }}
{{- if .existingSecret }}
{{ include "pgvitals.source" (dict "kind" "secret" "name" .existingSecret "keys" (list .key) "folder" "web/" "paths" $paths) }}
{{- else if .existingConfigMap }}
{{ include "pgvitals.source" (dict "kind" "configMap" "name" .existingConfigMap "keys" (list .key) "folder" "web/" "paths" $paths) }}
{{- end }}
{{- end }}
{{- end }}

{{/* What is below /run/pgvitals. Optional: one Secret that is not there must not keep the pod from starting. */}}
{{- define "pgvitals.credentialSources" -}}
{{- $sources := list -}}
{{- range $name, $instance := .Values.instances }}
  {{- range $file, $from := include "pgvitals.credentials" $instance | fromYaml }}
    {{- $items := list (dict "key" $from.key "path" (printf "%s/%s" $name $file)) }}
    {{- $kind := hasKey $from "secret" | ternary "secret" "configMap" }}
    {{- $sources = append $sources (dict $kind (dict "name" (get $from $kind) "items" $items "optional" true)) }}
  {{- end }}
{{- end }}
{{- with $sources }}{{ toYaml . }}{{ end }}
{{- end }}
