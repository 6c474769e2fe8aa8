#!/bin/sh
# boot.sh CMSIM CHIP MHZ FIRMWARE: the chip starts FIRMWARE at its highest clock and runs three inferences that are right.
set -u

fail() {
  echo "$chip: $1"
  exit 1
}

cmsim=$1 chip=$2 mhz=$3 firmware=$4
report=$(mktemp) && said=$(mktemp) || exit 2
trap 'rm -f "$report" "$said"' EXIT

timeout 60 "$cmsim" --mcu "$chip" --mhz "$mhz" --quiet --json "$report" "$firmware" >"$said" || fail "exit status $?"
grep -qx PASS "$said" || fail "the inferences are wrong"
jq -e --arg chip "$chip" '.target.mcu == $chip and (.causes | add) == .total.cycles and
  (.regions[] | select(.name == "inference") | .calls == 3 and .min_cycles > 0)' "$report" >/dev/null ||
  fail "the report does not say what ran"
