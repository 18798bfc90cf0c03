{{/* Values that contradict each other: all of them at once, each with its key, what was found, and what to do. */}}

{{- define "pgvitals.check" -}}
{{- $mistakes := list -}}
{{- range list "instances" "scraping" "web" "mounts" "alerts" }}
  {{- range include (printf "pgvitals.check.%s" .) $ | splitList "\n" }}
    {{- with trim . }}{{ $mistakes = append $mistakes (printf "- %s" .) }}{{ end }}
  {{- end }}
{{- end }}
{{- with $mistakes }}{{ fail (printf "these values cannot be:\n%s\n" (join "\n" .)) }}{{ end }}
{{- end }}

{{- define "pgvitals.check.instances" -}}
{{- if not .Values.instances }}
instances: found none, expected at least one; name a server, as in: instances: {shop: {host: postgres.shop.svc, existingSecret: {name: shop-pgvitals}}}
{{- end }}
{{- range $name, $instance := .Values.instances }}
{{- if and $.Values.networkPolicy.enabled (dig "connection" "service" "" $instance) (not $instance.port) }}
instances.{{ $name }}.port: found none beside connection.service, expected it: networkPolicy.enabled lets out to the ports that stand here
{{- end }}
{{- end }}
{{- if and (not .Values.deployment.enabled) (gt (len .Values.instances) 1) }}
instances: found {{ len .Values.instances }} with deployment.enabled=false, expected one: a sidecar watches the server in its own pod
{{- end }}
{{- range $name, $instance := .Values.instances }}
{{ include "pgvitals.check.instance" (dict "at" (printf "instances.%s" $name) "instance" $instance) }}
{{ include "pgvitals.check.secrets" (dict "at" (printf "instances.%s" $name) "instance" $instance) }}
{{- end }}
{{- end }}

{{/* How an instance is reached: of (dict "at" text "instance" map). */}}
{{- define "pgvitals.check.instance" -}}
{{- $at := .at -}}
{{- $instance := .instance -}}
{{- $connection := $instance.connection | default dict -}}
{{- $socket := include "pgvitals.socket" (dict "host" $instance.host "hostaddr" $connection.hostaddr) -}}
{{- $files := include "pgvitals.credentials" $instance | fromYaml -}}
{{- if and (not $instance.host) (not $connection.hostaddr) (not $connection.service) }}
{{ $at }}.host: found none, expected a host name, an address, or the directory of a Unix socket
{{- end }}
{{- if and $socket $instance.sslmode }}
{{ $at }}.sslmode: found {{ $instance.sslmode }} with a Unix socket, which has no TLS; remove it
{{- end }}
{{- if and $connection.service (not $instance.sslmode) (not $socket) }}
{{ $at }}.sslmode: found none beside connection.service, expected require, verify-ca or verify-full: what stands here wins over the service file
{{- end }}
{{- $ca := or (hasKey $files "ca.crt") $connection.sslrootcert -}}
{{- if and $ca (eq ($instance.sslmode | default "") "require") }}
{{ $at }}.sslmode: found require beside a CA, expected verify-full or verify-ca: with require libpq checks nothing where the CA's file is missing
{{- end }}
{{- if and (eq ($connection.sslrootcert | default "") "system") (eq ($instance.sslmode | default "") "verify-ca") }}
{{ $at }}.sslmode: found verify-ca beside sslrootcert "system", expected verify-full: libpq takes nothing else with it
{{- end }}
{{- if and (hasPrefix "verify-" ($instance.sslmode | default "")) (not $ca) (not $connection.service) }}
{{ $at }}.sslmode: found {{ $instance.sslmode }} without a CA, expected existingSecret.caKey, ca, or connection.sslrootcert ("system" for the CAs of the image)
{{- end }}
{{- range $theirs, $ours := dict "host" "host" "port" "port" "user" "user" "dbname" "database" "sslmode" "sslmode" "password" "existingSecret" "sslpassword" "existingSecret" }}
{{- if hasKey $connection $theirs }}
{{ $at }}.connection.{{ $theirs }}: found it, expected {{ $at }}.{{ $ours }}{{ hasSuffix "password" $theirs | ternary ": no secret stands among the values" "" }}
{{- end }}
{{- end }}
{{- if and (hasKey $files "ca.crt") $connection.sslrootcert }}
{{ $at }}.connection.sslrootcert: found it beside existingSecret.caKey or ca, expected one CA
{{- end }}
{{- end }}

{{/* What an instance is logged in with: of (dict "at" text "instance" map). */}}
{{- define "pgvitals.check.secrets" -}}
{{- $at := .at -}}
{{- $instance := .instance -}}
{{- $secret := $instance.existingSecret | default dict -}}
{{- $ca := $instance.ca | default dict -}}
{{- if and $secret (not $secret.name) }}
{{ $at }}.existingSecret: found keys and no name, expected the name of the Secret
{{- end }}
{{- if ne (empty $secret.certKey) (empty $secret.keyKey) }}
{{ $at }}.existingSecret: found {{ empty $secret.certKey | ternary "keyKey" "certKey" }} alone, expected certKey and keyKey: a client certificate needs both
{{- end }}
{{- if and $secret.passwordKey $instance.passwordCommand }}
{{ $at }}: found existingSecret.passwordKey and passwordCommand, expected one of them
{{- end }}
{{- if and $instance.passwordLifetime (not $instance.passwordCommand) }}
{{ $at }}.passwordLifetime: found it without passwordCommand, whose tokens it is about; remove it
{{- end }}
{{- if gt (len (compact (list $secret.caKey $ca.existingSecret $ca.existingConfigMap))) 1 }}
{{ $at }}: found several CAs, expected one of existingSecret.caKey, ca.existingSecret and ca.existingConfigMap
{{- end }}
{{- if and $ca (not (hasKey $ca "existingSecret")) (not (hasKey $ca "existingConfigMap")) }}
{{ $at }}.ca: found neither existingSecret nor existingConfigMap, expected one of them
{{- end }}
{{- end }}

{{/* Who asks pgvitals: two ways at once would double every series. */}}
{{- define "pgvitals.check.scraping" -}}
{{- $ways := list -}}
{{- if .Values.serviceMonitor.enabled }}{{ $ways = append $ways "serviceMonitor.enabled" }}{{ end }}
{{- if .Values.podMonitor.enabled }}{{ $ways = append $ways "podMonitor.enabled" }}{{ end }}
{{- if .Values.scrapeAnnotations }}{{ $ways = append $ways "scrapeAnnotations" }}{{ end }}
{{- if gt (len $ways) 1 }}
{{ join " and " $ways }}: found both, expected one: each would make every series again
{{- end }}
{{- $name := include "pgvitals.fullname" . }}
{{- if and (or .Values.serviceMonitor.enabled .Values.podMonitor.enabled) (hasKey .Values.instances $name) (gt (len .Values.instances) 1) }}
instances.{{ $name }}: found the name of the release, expected another one: it is the label `instance` of /metrics
{{- end }}
{{- if and .Values.serviceMonitor.enabled .Values.deployment.enabled (not .Values.service.enabled) }}
serviceMonitor.enabled: found true with service.enabled=false, expected a Service; or take podMonitor
{{- end }}
{{- if and .Values.podMonitor.enabled .Values.podMonitor.selector .Values.deployment.enabled }}
podMonitor.selector: found one although the chart makes the pod, expected none; it is for deployment.enabled=false
{{- end }}
{{- if not .Values.deployment.enabled }}
{{- if and .Values.podMonitor.enabled (not .Values.podMonitor.selector) }}
podMonitor.selector: found none with deployment.enabled=false, expected the labels of the pods that have the sidecar
{{- end }}
{{- if .Values.serviceMonitor.enabled }}
serviceMonitor.enabled: found true with deployment.enabled=false, which has no Service, expected podMonitor.enabled
{{- end }}
{{- range $key, $on := dict
      "scrapeAnnotations" .Values.scrapeAnnotations
      "networkPolicy.enabled" .Values.networkPolicy.enabled
      "podDisruptionBudget.enabled" .Values.podDisruptionBudget.enabled }}
{{- if $on }}
{{ $key }}: found true with deployment.enabled=false, expected false: the pod is another chart's
{{- end }}
{{- end }}
{{- end }}
{{- if and (ne (toString .Values.podDisruptionBudget.minAvailable) "") (ne (toString .Values.podDisruptionBudget.maxUnavailable) "") }}
podDisruptionBudget: found minAvailable and maxUnavailable, expected one of them
{{- end }}
{{- end }}

{{- define "pgvitals.check.web" -}}
{{- $web := .Values.web -}}
{{- $own := include "pgvitals.ownWebFile" . -}}
{{- $ca := or $web.tls.clientCA.existingSecret $web.tls.clientCA.existingConfigMap -}}
{{- if and $web.existingSecret.name (not $own) (not $web.tls.existingSecret) }}
{{- if not (and (has "tls.crt" $web.existingSecret.keys) (has "tls.key" $web.existingSecret.keys)) }}
web.existingSecret.keys: found neither web.yml nor tls.crt and tls.key, expected the web configuration file, or a certificate to write it for
{{- end }}
{{- end }}
{{- $twice := list }}
{{- if $web.existingSecret.name }}
{{- range $key, $also := dict "tls.crt" $web.tls.existingSecret "tls.key" $web.tls.existingSecret "client-ca.crt" $ca }}
{{- if and $also (has $key $web.existingSecret.keys) }}{{ $twice = append $twice $key }}{{ end }}
{{- end }}
{{- end }}
{{- with $twice }}
web.existingSecret.keys: found {{ join ", " . }} beside web.tls, which mounts the same, expected one of them
{{- end }}
{{- if and $own (or $web.tls.minVersion $web.tls.allowedSans) }}
web.tls: found minVersion or allowedSans beside a web.yml of your own, expected them in that file
{{- end }}
{{- if and $ca (not (include "pgvitals.secured" .)) }}
web.tls.clientCA: found one without a certificate of the server, expected web.tls.existingSecret
{{- end }}
{{- if and $web.tls.allowedSans (not $ca) }}
web.tls.allowedSans: found names without web.tls.clientCA, expected the CA of the certificates that bear them
{{- end }}
{{- if and $web.tls.clientCA.existingSecret $web.tls.clientCA.existingConfigMap }}
web.tls.clientCA: found existingSecret and existingConfigMap, expected one of them
{{- end }}
{{- if eq (int .Values.containerPorts.metrics) (int .Values.containerPorts.health) }}
containerPorts: found {{ .Values.containerPorts.metrics }} for metrics and health, expected two ports
{{- end }}
{{- if and (include "pgvitals.secured" .) (eq (int .Values.service.port) (int .Values.containerPorts.health)) }}
service.port: found {{ .Values.service.port }}, which is containerPorts.health, expected another port: the Service has both
{{- end }}
{{- end }}

{{- define "pgvitals.check.mounts" -}}
{{- range concat .Values.mounts .Values.extraVolumes }}
{{- if has .name (list "pgvitals-config" "pgvitals-credentials") }}
mounts, extraVolumes: found the name {{ .name }}, expected another one: the chart has a volume of that name
{{- end }}
{{- end }}
{{- range .Values.mounts }}
{{- if regexMatch "^/(etc|run)/pgvitals(/|$)" .mountPath }}
mounts.{{ .name }}.mountPath: found {{ .mountPath }}, expected another place: /etc/pgvitals and /run/pgvitals are volumes of the chart, and nothing can be mounted in them
{{- end }}
{{- end }}
{{- $files := keys .Values.extraQueries }}
{{- range .Values.extraQueryConfigMaps }}{{ $files = concat $files .keys }}{{ end }}
{{- if ne (len $files) (len (uniq $files)) }}
extraQueryConfigMaps: found the same file name twice among {{ $files | sortAlpha | join ", " }}, expected each once
{{- end }}
{{- if and .Values.exemptions.existingConfigMap .Values.config.exemptions }}
config.exemptions: found it beside exemptions.existingConfigMap, expected one of them
{{- end }}
{{- end }}

{{- define "pgvitals.check.alerts" -}}
{{- $alerts := .Values.alerts -}}
{{- range $key, $glob := dict "alerts" "files/rules/*.yaml" "dashboards" "files/dashboards/*.json" }}
{{- if and (get $.Values $key).enabled (not ($.Files.Glob $glob)) }}
{{ $key }}.enabled: found true and no {{ $glob }}, expected those that the chart has as links out of it; take the package that `helm package` makes in a checkout
{{- end }}
{{- end }}
{{- if or $alerts.rules $alerts.groups }}
{{- $known := include "pgvitals.known" . | fromYaml }}
{{- range $kind, $names := dict "rules" $known.alerts "groups" $known.groups }}
{{- range $name, $_ := get $alerts $kind }}
{{- if not (has $name $names) }}
alerts.{{ $kind }}.{{ $name }}: found no such {{ eq $kind "rules" | ternary "alert" "group" }}, expected one of {{ join ", " $names }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
