"""Text to answer, and answer to verdict, in processes that cannot hang or be hijacked."""
