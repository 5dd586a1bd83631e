# The matrix as a table in Markdown: a column for each system, a row for each
# version and suite.  Lines: system, "versions", name, value; or system,
# "counts", suite, passed, failed.  The variable `systems` has the columns.
$2 == "versions" { value[$1, $3] = $4 }
$2 == "counts" {
    if (!($3 in seen)) { seen[$3] = 1; suites[++count] = $3 }
    value[$1, $3] = $4 " passed" ($5 > 0 ? ", **" $5 " failed**" : "")
    passed[$1] += $4; failed[$1] += $5
}
function row(name, i, line) {
    line = "| " name
    for (i = 1; i <= n; i++) line = line " | " ((column[i], name) in value ? value[column[i], name] : "-")
    print line " |"
}
END {
    n = split(systems, column, " ")
    line = "| "; rule = "|---"
    for (i = 1; i <= n; i++) { line = line " | " column[i]; rule = rule "|---" }
    print line " |"; print rule "|"
    for (i = 1; i <= n; i++) {
        value[column[i], "all"] = passed[column[i]] + 0 " passed, " failed[column[i]] + 0 " failed"
        value[column[i], "status"] = value[column[i], "status"] == "0" ? "ok" : "**failed**"
    }
    row("GHC"); row("Cabal"); row("GCC"); row("Clang"); row("Rust")
    for (i = 1; i <= count; i++) row(suites[i])
    row("all"); row("minutes"); row("status")
}
