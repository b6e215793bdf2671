#!/usr/bin/env bash
# Fovea and PyTorch on the same cores, in turn, so that both meet the same neighbours.
# Usage: perf/peers/pytorch.sh [ROUNDS]     Build first: dotnet build -c Release
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
rounds=${1:-2}
threads=${THREADS:-$(nproc)}
workloads=(lenet5:train:64 lenet5:infer:1 lenet5:infer:256 alexnet:train:16 alexnet:infer:1 alexnet:infer:16 vgg16:train:2 vgg16:infer:1)

# What makes Debian's build fast on AVX-512; elsewhere harmless.
unset "${!OPENBLAS_@}"
export OPENBLAS_CORETYPE=${CORETYPE:-Cooperlake} ATEN_CPU_CAPABILITY=avx512 MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=536870912

for ((round = 0; round < rounds; round++)); do
    for workload in "${workloads[@]}"; do
        IFS=: read -r model mode batch <<< "$workload"
        echo "pytorch $(/usr/bin/python3 perf/peers/pytorch.py "$threads" "$workload")"
        echo "fovea   $(dotnet src/Fovea.Cli/bin/Release/net10.0/Fovea.Cli.dll bench "$model" --mode "$mode" --batch "$batch" --threads "$threads" --seconds 4 --json 2> /dev/null | tr -d '\n')"
    done
done
