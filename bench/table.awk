# The table of bench/speed from its runs: a line an image. Ratios are taken within a round, their median is shown; an
# image too short for a ratio has none. As Markdown: awk -v markdown=1 -f bench/table.awk build/bench/speed.tsv
BEGIN {
  FS = "\t"; OFS = "\t"
  count = split("block insn ideal ideal-fast ideal-no-memo chip chip-fast chip-no-memo qemu", mode, " ")
  title = "image,M insn,bare M/s,block hook,insn hook,ideal,fast,no memo,chip,fast,no memo,qemu,fast off: ideal,chip,MB"
  gsub(",", OFS, title)
  put(title)
  if (markdown) { gsub(/[^\t]+/, "---", title); put(title) }
}

function put(line) {
  if (markdown) { gsub(OFS, " | ", line); line = "| " line " |" }
  print line
}

NR == 1 { next }

{
  image = $1 "-" $2
  if (!(image in seen)) { seen[image] = 1; order[++images] = image }
  seconds[image, $3, $4] = $5
  if ($4 > rounds) rounds = $4
  if ($7 > peak[image] && $3 ~ /^(ideal|chip)/) peak[image] = $7
  if ($8 != "") { cycles[image, $3] = $8; instructions[image] = $9 }
}

function median(values, n,    i, j, t) {
  for (i = 2; i <= n; i++)
    for (j = i; j > 1 && values[j - 1] > values[j]; j--) { t = values[j]; values[j] = values[j - 1]; values[j - 1] = t }
  return n % 2 ? values[(n + 1) / 2] : (values[n / 2] + values[n / 2 + 1]) / 2
}

# Speed relative to bare Unicorn.
function ratio(image, mode,    r, n, values) {
  for (r = 1; r <= rounds; r++)
    if (((image, "bare", r) in seconds) && ((image, mode, r) in seconds))
      values[++n] = seconds[image, "bare", r] / seconds[image, mode, r]
  return n && instructions[image] >= 1e6 ? sprintf("%.2f", median(values, n)) : "-"
}

function bare(image,    r, n, values) {
  for (r = 1; r <= rounds; r++)
    if ((image, "bare", r) in seconds) values[++n] = instructions[image] / 1e6 / seconds[image, "bare", r]
  return n && instructions[image] >= 1e6 ? sprintf("%.0f", median(values, n)) : "-"
}

function off(image, memory,    exact) {
  if (!((image, memory) in cycles) || !((image, memory "-fast") in cycles)) return "-"
  exact = cycles[image, memory]
  return sprintf("%+.3f %%", 100 * (cycles[image, memory "-fast"] - exact) / exact)
}

END {
  for (i = 1; i <= images; i++) {
    image = order[i]
    line = image OFS sprintf("%.1f", instructions[image] / 1e6) OFS bare(image)
    for (m = 1; m <= count; m++) line = line OFS ratio(image, mode[m])
    put(line OFS off(image, "ideal") OFS off(image, "chip") OFS sprintf("%.0f", peak[image] / 1024))
  }
}
