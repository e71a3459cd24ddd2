{{- define "jumeau.name" -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 52 | trimSuffix "-" -}}
{{- end -}}

{{- define "jumeau.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "jumeau.labels" -}}
{{ include "jumeau.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "jumeau.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{- define "jumeau.check" -}}
{{- if not .Values.secrets.existing -}}
{{- fail "secrets.existing is required: name a Secret with the key personal-secret, see docs/how-to/run-in-containers.md" -}}
{{- end -}}
{{- if gt (int .Values.replicaCount) 1 -}}
{{- if eq .Values.backend.url "embedded" -}}
{{- fail "replicaCount above 1 needs a Neo4j: one process serves an embedded store. Set backend.url, or replicaCount to 1" -}}
{{- end -}}
{{- if not .Values.ledger.external -}}
{{- fail "replicaCount above 1 needs one ledger for all: set ledger.external and the key ledger-url of the Secret" -}}
{{- end -}}
{{- end -}}
{{- if and .Values.firstAccount.name (not .Values.firstAccount.existingSecret) -}}
{{- fail "firstAccount.existingSecret is required: name a Secret with the key password" -}}
{{- end -}}
{{- if and .Values.ingress.enabled (not .Values.ingress.tlsSecret) -}}
{{- fail "ingress.tlsSecret is required: people sign in with passwords" -}}
{{- end -}}
{{- end -}}

{{- define "jumeau.securityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
capabilities:
  drop: [ALL]
{{- end -}}

{{- define "jumeau.environment" -}}
- name: JUMEAU_HOME
  value: /var/lib/jumeau
- name: JUMEAU_HOST
  value: 0.0.0.0
- name: JUMEAU_PORT
  value: "8000"
- name: JUMEAU_ACCESS
  value: accounts
- name: JUMEAU_STOP_S
  value: {{ .Values.stopSeconds | quote }}
- name: JUMEAU_DRAIN_S
  value: {{ .Values.drainSeconds | quote }}
- name: JUMEAU_BACKEND
  value: {{ .Values.backend.url | quote }}
- name: JUMEAU_PERSONAL_SECRET
  valueFrom:
    secretKeyRef: {name: {{ .Values.secrets.existing | quote }}, key: personal-secret}
- name: JUMEAU_METRICS_TOKEN
  valueFrom:
    secretKeyRef: {name: {{ .Values.secrets.existing | quote }}, key: metrics-token, optional: true}
{{- if ne .Values.backend.url "embedded" }}
- name: JUMEAU_NEO4J_USER
  value: {{ .Values.backend.user | quote }}
- name: JUMEAU_NEO4J_PASSWORD
  valueFrom:
    secretKeyRef: {name: {{ .Values.secrets.existing | quote }}, key: neo4j-password}
{{- end }}
{{- if .Values.ledger.external }}
- name: JUMEAU_LEDGER
  valueFrom:
    secretKeyRef: {name: {{ .Values.secrets.existing | quote }}, key: ledger-url}
{{- end }}
{{- range $name, $value := .Values.settings }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end -}}
