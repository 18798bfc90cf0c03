{{/* Names, labels and the image. */}}

{{- define "pgvitals.name" -}}
{{ .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* The name of the release, with ours in it. */}}
{{- define "pgvitals.fullname" -}}
{{- $name := include "pgvitals.name" . -}}
{{- $whole := contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name) -}}
{{ .Values.fullnameOverride | default $whole | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* What selects the pods: it never changes from version to version. */}}
{{- define "pgvitals.selectorLabels" -}}
app.kubernetes.io/name: {{ include "pgvitals.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{/* Those of the pod of `helm test`, which no Service leads to. */}}
{{- define "pgvitals.testLabels" -}}
app.kubernetes.io/name: {{ include "pgvitals.name" . | trunc 58 | trimSuffix "-" | printf "%s-test" | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{- define "pgvitals.labels" -}}
{{- $ours := dict
      "app.kubernetes.io/version" (.Chart.AppVersion | trunc 63)
      "app.kubernetes.io/managed-by" .Release.Service
      "app.kubernetes.io/part-of" "pgvitals"
      "helm.sh/chart" (printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-") -}}
{{ toYaml (merge (include "pgvitals.selectorLabels" . | fromYaml) $ours .Values.commonLabels) }}
{{- end }}

{{- define "pgvitals.serviceAccountName" -}}
{{- $made := .Values.serviceAccount.create | ternary (include "pgvitals.fullname" .) "default" -}}
{{ .Values.serviceAccount.name | default $made }}
{{- end }}

{{- define "pgvitals.image" -}}
{{- $image := .Values.image -}}
{{- with $image.registry }}{{ trimSuffix "/" . }}/{{ end }}{{ $image.repository }}
{{- if $image.digest }}@{{ $image.digest }}{{ else }}:{{ $image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}

{{/* Labels and annotations below metadata: of (dict "root" $ "labels" map "annotations" map). */}}
{{- define "pgvitals.marks" -}}
labels:
  {{- merge (include "pgvitals.labels" .root | fromYaml) (.labels | default dict) | toYaml | nindent 2 }}
{{- with .annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
