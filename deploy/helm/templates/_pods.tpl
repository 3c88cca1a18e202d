{{/* Names and what all pods have in common. */}}
{{- define "moderation.name" -}}
{{- printf "%s-%s" .Release.Name "moderation" | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "moderation.selector" -}}
app.kubernetes.io/name: moderation
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "moderation.labels" -}}
{{ include "moderation.selector" . }}
app.kubernetes.io/version: {{ .Values.image.tag | default .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "moderation.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{ .Values.serviceAccount.name | default (include "moderation.name" .) }}
{{- else -}}
{{ .Values.serviceAccount.name | default "default" }}
{{- end -}}
{{- end -}}

{{/* What every pod is allowed: nothing but to run. */}}
{{- define "moderation.pod" -}}
automountServiceAccountToken: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
volumes:
  - name: data
    emptyDir: {}
  - name: tmp
    emptyDir: {}
  {{- if .Values.rules }}
  - name: rules
    configMap: {name: {{ include "moderation.name" . }}-rules}
  {{- end }}
{{- end -}}

{{- define "moderation.container" -}}
image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
envFrom:
  - secretRef: {name: {{ .Values.secret | quote }}}
env:
  - {name: HOME, value: /tmp}
  {{- if .Values.rules }}
  - {name: MODERATION_RULES, value: /etc/moderation/rules}
  {{- end }}
  {{- range $name, $value := .Values.settings }}
  {{- if ne (toString $value) "" }}
  - {name: {{ $name }}, value: {{ $value | toString | quote }}}
  {{- end }}
  {{- end }}
volumeMounts:
  - {name: data, mountPath: /data}
  - {name: tmp, mountPath: /tmp}
{{- end -}}

{{- define "moderation.rulesMount" -}}
{{- if .Values.rules }}
- {name: rules, mountPath: /etc/moderation/rules, readOnly: true}
{{- end }}
{{- end -}}
