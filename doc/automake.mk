EXTRA_DIST += doc/architecture.md doc/pipeline.md doc/testing.md doc/decisions.md
