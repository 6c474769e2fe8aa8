#!/bin/sh
# check_structure.sh ROOT: what ARCHITECTURE.md and cost_models/README.md promise about the sources, held by grep and awk.
# Every rule says how much it looked at; a rule that found nothing to look at fails too.
set -u

root=${1:?usage: check_structure.sh ROOT}
cd "$root" || exit 2
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
failures=0

# verdict RULE LOOKED_AT: the problems of a rule are the lines of $work/problems.
verdict() {
  problems=$(wc -l <"$work/problems")
  printf '%-34s %4s checked, %s\n' "$1" "$2" "$([ "$problems" -eq 0 ] && echo ok || echo "$problems FAIL")"
  sed 's/^/    /' "$work/problems"
  if [ "$problems" -ne 0 ] || [ "$2" -eq 0 ]; then
    failures=$((failures + 1))
    [ "$2" -ne 0 ] || echo "    nothing to check: has something been renamed?"
  fi
}

# Prints FILE:LINE: code, without comments and strings; a line tagged "/* not cycles: why */" comes out empty.
code_of() {
  awk '{
    text = $0; code = ""
    if (text ~ /\/\* not cycles: [^ ]/) text = ""
    gsub(/"([^"\\]|\\.)*"/, "\"\"", text)
    while (text != "") {
      if (inside) {
        at = index(text, "*/")
        if (!at) break
        text = substr(text, at + 2); inside = 0
      }
      block = index(text, "/*"); line = index(text, "//")
      if (line && (!block || line < block)) { code = code substr(text, 1, line - 1); break }
      if (!block) { code = code text; break }
      code = code substr(text, 1, block - 1); text = substr(text, block + 2); inside = 1
    }
    print FILENAME ":" FNR ": " code
  }' "$1"
}

timing_rules='sim/timing/pipeline*.c sim/timing/predictor*.c'

rule_no_cycle_constants() {
  : >"$work/problems"
  count=0
  for file in $timing_rules; do
    [ -f "$file" ] || continue
    count=$((count + 1))
    code_of "$file" | grep -E '(^|[^A-Za-z0-9_.])([2-9]|[1-9][0-9]+)[uUlL]*([^A-Za-z0-9_.]|$)' |
      sed -E '/^[^:]*:[0-9]*: *#/d' >"$work/hits"
    # The line number in front is a number as well: look again behind it.
    awk '{ code = $0; sub(/^[^:]*:[0-9]+: /, "", code)
           if (code ~ /(^|[^A-Za-z0-9_.])([2-9]|[1-9][0-9]+)[uUlL]*([^A-Za-z0-9_.]|$)/)
             print $0 "  <- a number above 1: cycles belong to cost_models/, else tag the line /* not cycles: why */" }' \
      "$work/hits" >>"$work/problems"
  done
  verdict "no cycle constants in timing rules" "$count"
}

# A charge is a number of the cost model; only the one cycle of issuing is known without it.
rule_charges() {
  : >"$work/problems"
  count=0
  for file in sim/timing/*.c; do
    count=$((count + $(grep -cE '\bcharge(_[a-z]+)?\(' "$file")))
    # Whole statements, since a call may be broken over lines.
    code_of "$file" | sed 's/^[^:]*:[0-9]*: //' | tr '\n' ' ' | tr -s ' ' | tr ';{}' '\n\n\n' |
      grep -E '\bcharge(_previous)?\(.*, *(0x)?[0-9A-Fa-f]+[uUlL]*\)' |
      grep -vE '\bcharge\([a-z_]+, CAUSE_ISSUE, [^,]*, 1\)' |
      sed "s|^|$file: |; s|\$|  <- a literal is charged|" >>"$work/problems"
  done
  verdict "charges take no literal" "$count"
}

may_include() {
  case "$1:$2" in
  cli:*) ;;
  base:base) ;;
  gdb:gdb | gdb:base) ;;
  image:image | image:base) ;;
  timing:timing | timing:base) ;;
  report:report | report:timing | report:base) ;;
  peripherals:peripherals | peripherals:base) ;;
  machine:machine | machine:image | machine:timing | machine:report | machine:peripherals | machine:gdb | machine:base) ;;
  *) return 1 ;;
  esac
}

rule_include_arrows() {
  : >"$work/problems"
  grep -rnE '^ *# *include *"' sim --include='*.c' --include='*.h' >"$work/includes"
  while IFS= read -r line; do
    place=${line%%:*}
    from=$(echo "$place" | cut -d/ -f2)
    header=$(echo "$line" | sed -E 's/.*include *"([^"]*)".*/\1/')
    to=${header%%/*}
    if [ "$to" = "$header" ]; then
      echo "$line  <- write the module: \"$from/$header\"" >>"$work/problems"
    elif ! may_include "$from" "$to"; then
      echo "$line  <- $from may not include $to" >>"$work/problems"
    fi
  done <"$work/includes"
  verdict "include arrows" "$(wc -l <"$work/includes")"
}

# family HEADER: the foreign library it belongs to, `libc`, or `unknown`.
family() {
  case "$1" in
  unicorn/*) echo unicorn ;;
  capstone/*) echo capstone ;;
  libelf.h | gelf.h | elf.h) echo libelf ;;
  elfutils/* | dwarf.h) echo libdw ;;
  cyaml/*) echo cyaml ;;
  jansson.h) echo jansson ;;
  libsmartcols.h | libsmartcols/*) echo smartcols ;;
  sha2.h) echo libmd ;;
  uthash.h | utarray.h | utlist.h) echo uthash ;;
  sqlite3.h) echo sqlite ;;
  argp.h | assert.h | ctype.h | dirent.h | errno.h | fcntl.h | float.h | inttypes.h | limits.h | locale.h | math.h | \
    netdb.h | netinet/* | poll.h | pthread.h | setjmp.h | signal.h | stdarg.h | stdbool.h | stddef.h | stdint.h | stdio.h | stdlib.h | \
    string.h | strings.h | sys/* | termios.h | time.h | unistd.h | wchar.h) echo libc ;;
  *) echo unknown ;;
  esac
}

family_may_be_in() {
  case "$1:$2" in
  libc:*) ;;
  unicorn:sim/machine/engine*.c) ;;
  capstone:sim/timing/decode*) ;;
  libelf:sim/image/program_elf.c) ;;
  libdw:sim/image/symbols.c) ;;
  cyaml:sim/base/yaml.h) ;;
  jansson:sim/report/report_json.c | jansson:sim/report/catalogue_json.c) ;;
  smartcols:sim/report/report_table.c | smartcols:sim/report/catalogue_table.c) ;;
  libmd:* | uthash:* | sqlite:*) ;;
  *) return 1 ;;
  esac
}

rule_foreign_headers() {
  : >"$work/problems"
  : >"$work/families"
  grep -rnE '^ *# *include *<' sim --include='*.c' --include='*.h' >"$work/includes"
  while IFS= read -r line; do
    file=${line%%:*}
    header=$(echo "$line" | sed -E 's/.*include *<([^>]*)>.*/\1/')
    which=$(family "$header")
    [ "$which" = libc ] || echo "$file $which" >>"$work/families"
    if [ "$which" = unknown ]; then
      echo "$line  <- unknown header: name its library in check_structure.sh" >>"$work/problems"
    elif ! family_may_be_in "$which" "$file"; then
      echo "$line  <- $which has another home" >>"$work/problems"
    fi
  done <"$work/includes"
  sort -u "$work/families" | awk '{ n[$1]++; all[$1] = all[$1] " " $2 }
    END { for (f in n) if (n[f] > 1) print f ": more than one library:" all[f] }' >>"$work/problems"
  sort -u "$work/families" | awk '$2 == "libmd" { split($1, part, "/"); n[part[2]]++ }
    END { for (m in n) if (n[m] > 1) print "sim/" m ": sha2.h in " n[m] " files, one is enough" }' >>"$work/problems"
  verdict "one home for each foreign header" "$(wc -l <"$work/includes")"
}

rule_file_length() {
  find sim tests -type f \( -name '*.[ch]' -o -name '*.def' -o -name '*.inc' -o -name '*.sh' -o -name '*.bats' \
    -o -name '*.S' -o -name '*.txt' -o -name '*.cmake' \) ! -path '*/corpus/*' >"$work/files"
  while IFS= read -r file; do
    lines=$(wc -l <"$file")
    [ "$lines" -le 600 ] || echo "$file: $lines lines, 600 are the limit"
  done <"$work/files" >"$work/problems"
  verdict "no file above 600 lines" "$(wc -l <"$work/files")"
}

# A row names the probe that could refute it: it must exist for that core, and no probe is without a row.
rule_probes() {
  : >"$work/problems"
  count=0
  for core in m4 m7; do
    grep -E '^ *- *\{' "cost_models/cortex-$core.yaml" | grep -oE '[ ,{]probe: *[a-z0-9_]+' | sed 's/.*probe: *//' |
      sort -u >"$work/wanted"
    sed -nE "s/^ *probe(_$core)? +([a-z0-9_]+)[., ].*/\2/p" firmware/probes/*.S | sort -u >"$work/written"
    count=$((count + $(wc -l <"$work/wanted")))
    comm -23 "$work/wanted" "$work/written" |
      sed "s|.*|cost_models/cortex-$core.yaml names probe & and firmware/probes has none of that name for $core|" \
        >>"$work/problems"
    comm -13 "$work/wanted" "$work/written" |
      sed "s|.*|firmware/probes has probe & for $core, which no row of cortex-$core.yaml names|" >>"$work/problems"
  done
  sed -nE 's/^ *probe(_m[47])? +([^,]+),.*/\2\1/p' firmware/probes/*.S | sort | uniq -d |
    sed 's/.*/firmware\/probes: & is there twice/' >>"$work/problems"
  verdict "probes and cost models agree" "$count"
}

rule_sources() {
  sed -nE 's/^ *- *\{id: *([A-Za-z0-9-]+),.*/\1/p' cost_models/sources.yaml | sort -u >"$work/known"
  for file in cost_models/cortex-*.yaml; do
    grep -nE '^ *- *\{' "$file" | grep -E '[ ,{](src|alt): ' | awk -v file="$file" '{
      number = $0; sub(/:.*/, "", number)
      text = $0
      while (match(text, /[ ,{](src|alt): *"?[A-Za-z0-9-]+/)) {
        id = substr(text, RSTART, RLENGTH)
        sub(/.*(src|alt): *"?/, "", id)
        print id, file ":" number
        text = substr(text, RSTART + RLENGTH)
      }
    }'
  done >"$work/cited"
  awk 'NR == FNR { known[$1] = 1; next } !($1 in known) { print $2 ": source " $1 " is not in sources.yaml" }' \
    "$work/known" "$work/cited" >"$work/problems"
  verdict "sources exist" "$(wc -l <"$work/cited")"
}

rule_no_cycle_constants
rule_charges
rule_include_arrows
rule_foreign_headers
rule_file_length
rule_probes
rule_sources
[ "$failures" -eq 0 ] || { echo "$failures rules broken"; exit 1; }
