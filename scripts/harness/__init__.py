"""What scripts/lm_eval_polar.py adds to lm-evaluation-harness."""
