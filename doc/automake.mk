EXTRA_DIST += doc/architecture.md doc/pipeline.md doc/testing.md doc/decisions.md \
	doc/agent-api.md doc/glossary.md doc/restore.md doc/security.md
EXTRA_DIST += doc/model/README.md doc/model/check doc/model/operation.pml \
	doc/model/transitions
