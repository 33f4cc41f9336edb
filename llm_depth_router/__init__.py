"""A frozen LLM that can run any path of its layers: loading, prompts, execution."""
