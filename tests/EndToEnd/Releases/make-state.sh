#!/usr/bin/env bash
# Makes the state folder of a federation that a build has begun and one that it has finished: kills `run` once round 2 is recorded and the
# first update of round 3 lies there. For tests of later builds; call it with a build's fldurable.dll and the archive to write.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat > "$work/network.json" <<'JSON'
{"layers": [{"type": "maxpool2d", "kernelSize": 8}, {"type": "flatten"}, {"type": "linear", "name": "fc", "outFeatures": 10}]}
JSON
export FLDURABLE_STATE="$work/state" FLDURABLE_CACHE="$work/cache"
common=(--data synthetic:train=24,test=8 --clients 4 --network "$work/network.json" --seed 7 --parallel 1)
dotnet "$1" run --id over --rounds 1 "${common[@]}" > "$work/out" 2>&1
dotnet "$1" run --id begun --rounds 4 --epochs 1000 "${common[@]}" > "$work/out" 2>&1 &
pid=$!
until compgen -G "$work/state/artifacts/updates/begun/000003/*" > /dev/null; do kill -0 $pid || { cat "$work/out"; exit 1; }; done
kill -9 $pid
wait $pid 2>/dev/null || true
tar -czf "$2" -C "$work/state" .
