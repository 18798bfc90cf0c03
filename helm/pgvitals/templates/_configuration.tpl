{{/* What pgvitals is told: pgvitals.yaml, and the web configuration file. */}}

{{/* The files of an instance below /run/pgvitals/NAME, and whence: file -> {secret or configMap, key}. */}}
{{- define "pgvitals.credentials" -}}
{{- $secret := .existingSecret | default dict -}}
{{- $guessed := or $secret.certKey .passwordCommand | empty | ternary "password" "" -}}
{{- $keys := dict
      "password" (hasKey $secret "passwordKey" | ternary $secret.passwordKey $guessed)
      "ca.crt" $secret.caKey
      "tls.crt" $secret.certKey
      "tls.key" $secret.keyKey -}}
{{- $files := dict -}}
{{- range $file, $key := $keys }}
  {{- if and $secret.name $key }}{{ $_ := set $files $file (dict "secret" $secret.name "key" $key) }}{{ end }}
{{- end }}
{{- with .ca }}
  {{- $key := .key | default "ca.crt" }}
  {{- with .existingSecret }}{{ $_ := set $files "ca.crt" (dict "secret" . "key" $key) }}{{ end }}
  {{- with .existingConfigMap }}{{ $_ := set $files "ca.crt" (dict "configMap" . "key" $key) }}{{ end }}
{{- end }}
{{- toYaml $files }}
{{- end }}

{{/* Not empty where a host, or each of several with commas between, is a Unix socket: of libpq's keywords. */}}
{{- define "pgvitals.socket" -}}
{{- $hosts := .host | default "" | splitList "," -}}
{{- $away := dict -}}
{{- range $hosts }}{{ if not (regexMatch "^[/@]" .) }}{{ $_ := set $away . true }}{{ end }}{{ end }}
{{- if not (or $away .hostaddr) }}true{{ end }}
{{- end }}

{{/* libpq's keywords for one instance: of (dict "name" text "instance" map). Never below sslmode=require. */}}
{{- define "pgvitals.connection" -}}
{{- $instance := .instance -}}
{{- $files := include "pgvitals.credentials" $instance | fromYaml -}}
{{- $given := $instance.connection | default dict -}}
{{- /* A service file may have these too, and would lose against them. */}}
{{- $told := hasKey $given "service" | ternary dict (dict "user" "pgvitals" "dbname" "postgres") -}}
{{- range $ours, $keyword := dict "host" "host" "port" "port" "user" "user" "database" "dbname" }}
  {{- with get $instance $ours }}{{ $_ := set $told $keyword . }}{{ end }}
{{- end }}
{{- range $file, $keyword := dict "ca.crt" "sslrootcert" "tls.crt" "sslcert" "tls.key" "sslkey" }}
  {{- if hasKey $files $file }}{{ $_ := set $told $keyword (printf "/run/pgvitals/%s/%s" $.name $file) }}{{ end }}
{{- end }}
{{- $told = merge $told $given -}}
{{- if not (include "pgvitals.socket" $told) }}
  {{- $safest := hasKey $told "sslrootcert" | ternary "verify-full" "require" }}
  {{- $_ := set $told "sslmode" ($instance.sslmode | default $safest) }}
{{- end }}
{{- toYaml $told }}
{{- end }}

{{/* One instance as pgvitals.yaml has it: of (dict "name" text "instance" map). */}}
{{- define "pgvitals.instance" -}}
{{- $instance := .instance -}}
{{- $told := pick $instance "databases" "queries" "targets" "scope" "thresholds" -}}
{{- $_ := set $told "connection" (include "pgvitals.connection" . | fromYaml) -}}
{{- if hasKey (include "pgvitals.credentials" $instance | fromYaml) "password" }}
  {{- $_ := set $told "password_file" (printf "/run/pgvitals/%s/password" .name) }}
{{- end }}
{{- range $ours, $theirs := dict "maxDatabases" "max_databases" "passwordCommand" "password_command" "passwordLifetime" "password_lifetime" }}
  {{- if hasKey $instance $ours }}{{ $_ := set $told $theirs (get $instance $ours) }}{{ end }}
{{- end }}
{{- toYaml $told }}
{{- end }}

{{/* pgvitals.yaml. */}}
{{- define "pgvitals.configuration" -}}
{{- $told := deepCopy .Values.config -}}
{{- $instances := dict -}}
{{- range $name, $instance := .Values.instances }}
  {{- $_ := set $instances $name (include "pgvitals.instance" (dict "name" $name "instance" $instance) | fromYaml) }}
{{- end }}
{{- $_ := set $told "instances" $instances -}}
{{- if or .Values.extraQueries .Values.extraQueryConfigMaps }}
  {{- $_ := set $told "query_directories" (append ($told.query_directories | default list) "/etc/pgvitals/queries") }}
{{- end }}
{{- if .Values.exemptions.existingConfigMap }}{{ $_ := set $told "exemptions" "/etc/pgvitals/exemptions.yaml" }}{{ end }}
{{- toYaml $told }}
{{- end }}

{{/* Not empty where pgvitals asks for TLS, passwords or client certificates. */}}
{{- define "pgvitals.secured" -}}
{{- .Values.web.existingSecret.name | default .Values.web.tls.existingSecret }}
{{- end }}

{{/* Not empty where the Secret of web.existingSecret has the web configuration file, so that the chart writes none. */}}
{{- define "pgvitals.ownWebFile" -}}
{{- with .Values.web.existingSecret }}{{ if and .name (has "web.yml" .keys) }}true{{ end }}{{ end }}
{{- end }}

{{- define "pgvitals.scheme" -}}
{{- $plain := and (include "pgvitals.ownWebFile" .) (not .Values.web.existingSecret.tls) -}}
{{ if and (include "pgvitals.secured" .) (not $plain) }}https{{ else }}http{{ end }}
{{- end }}

{{/* web.yml: the web configuration file for web.tls. */}}
{{- define "pgvitals.webFile" -}}
{{- $tls := .Values.web.tls -}}
{{- $told := dict "cert_file" "tls.crt" "key_file" "tls.key" -}}
{{- with $tls.minVersion }}{{ $_ := set $told "min_version" . }}{{ end }}
{{- if or $tls.clientCA.existingSecret $tls.clientCA.existingConfigMap }}
  {{- $_ := set $told "client_ca_file" "client-ca.crt" }}
  {{- $_ := set $told "client_auth_type" "RequireAndVerifyClientCert" }}
  {{- with $tls.allowedSans }}{{ $_ := set $told "client_allowed_sans" . }}{{ end }}
{{- end }}
{{- toYaml (dict "tls_server_config" $told) }}
{{- end }}

{{/* Changes when what pgvitals reads only at its start does: an annotation of the pod. */}}
{{- define "pgvitals.checksum" -}}
{{- list (include "pgvitals.configuration" .) .Values.extraQueries (include "pgvitals.webFile" .) | toJson | sha256sum }}
{{- end }}
