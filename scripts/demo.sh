#!/usr/bin/env bash
# The whole pipeline on a real model: questions, search, predictor, evaluation.
set -euo pipefail
source "$(dirname "$0")/environment.sh"

model=smollm2-135m
questions=data/questions/arithmetic-diff-1.jsonl
samples=data/$model/dart-math-diff-1/merged_mcts_samples.json

echo "== 1. Questions: 64 problems of the built-in arithmetic ladder, difficulty 1"
python scripts/prepare_questions.py --source arithmetic --target_diff 1 --num_questions 64 \
  --seed 0 --output $questions

echo "== 2. Search: MCTS over programs of layers, 16 executions a question (resumes by itself)"
python scripts/run_mcts.py --model_path $model --questions $questions --data_root ./data \
  --target_diff 1 --num_simulations 16 --space skip_loop --rule release --seed 0

echo "== 3. Predictor: trained on the valid paths, then every candidate program is run"
python run_polar.py --policy_mode polar --target_diff 1 --model_path $model --data_root ./data \
  --num_epochs 10 --batch_size 128 --learning_rate 5e-4 --max_paths_per_sample 50 \
  --per_sample_weight_normalize --beam_size 5 --top_k_paths 5 \
  --reweight_original_path_if_shorter_valid --original_path_weight 0.30 \
  --seed 42 --lr_scheduler cosine --warmup_steps 10

cat <<EOF_NEXT

Files
  $questions      the questions
  $samples
                  every path that was run, with its verdict
  outputs/$model/diff-1/   predictor.safetensors, history.csv, report-*.json
Next
  python scripts/run_mcts.py --help     more questions, other rules, spaces and models
  python run_polar.py --help            training and evaluation
  ./scripts/test.sh                     all checks
EOF_NEXT
