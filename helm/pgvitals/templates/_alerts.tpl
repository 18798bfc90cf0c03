{{/* The rules of alerts/rules, as the values change them. They are read as data: nothing in them is a template here. */}}

{{/* One alert: of (dict "root" $ "rule" map). */}}
{{- define "pgvitals.alert" -}}
{{- $alerts := .root.Values.alerts -}}
{{- $rule := .rule -}}
{{- $change := get $alerts.rules $rule.alert | default dict -}}
{{- with $change.for }}{{ $_ := set $rule "for" . }}{{ end }}
{{- with $change.keepFiringFor }}{{ $_ := set $rule "keep_firing_for" . }}{{ end }}
{{- $_ := set $rule "labels" (merge dict ($change.labels | default dict) $alerts.ruleLabels ($rule.labels | default dict)) -}}
{{- $said := $rule.annotations | default dict -}}
{{- with .root.Values.runbookBaseUrl }}
  {{- $_ := set $said "runbook_url" (printf "%s/%s" (trimSuffix "/" .) (trimPrefix "docs/" $said.runbook_url)) }}
{{- end }}
{{- with $alerts.grafanaUrl }}
  {{- if $said.dashboard }}{{ $_ := set $said "dashboard" (printf "%s%s" (trimSuffix "/" .) $said.dashboard) }}{{ end }}
{{- end }}
{{- $_ := set $rule "annotations" (merge dict ($change.annotations | default dict) $said) -}}
{{- toYaml $rule }}
{{- end }}

{{/* The groups of one file, as {groups: [...]}: of (dict "root" $ "text" text). */}}
{{- define "pgvitals.groups" -}}
{{- $alerts := .root.Values.alerts -}}
{{- $groups := list -}}
{{- range (fromYaml .text).groups }}
  {{- $rules := list }}
  {{- $on := dig .name "enabled" true $alerts.groups }}
  {{- range .rules }}
    {{- if hasKey . "record" }}
      {{- $rules = append $rules . }}
    {{- else if and $on (dig .alert "enabled" true $alerts.rules) }}
      {{- $rules = append $rules (include "pgvitals.alert" (dict "root" $.root "rule" .) | fromYaml) }}
    {{- end }}
  {{- end }}
  {{- if $rules }}{{ $groups = append $groups (merge (dict "rules" $rules) .) }}{{ end }}
{{- end }}
{{- toYaml (dict "groups" $groups) }}
{{- end }}

{{/* What there is, as {alerts: [names], groups: [names]}. */}}
{{- define "pgvitals.known" -}}
{{- $alerts := list -}}
{{- $groups := list -}}
{{- range $file, $_ := .Files.Glob "files/rules/*.yaml" }}
  {{- range (fromYaml ($.Files.Get $file)).groups }}
    {{- $groups = append $groups .name }}
    {{- range .rules }}{{ with .alert }}{{ $alerts = append $alerts . }}{{ end }}{{ end }}
  {{- end }}
{{- end }}
{{- toYaml (dict "alerts" ($alerts | uniq | sortAlpha) "groups" ($groups | sortAlpha)) }}
{{- end }}
