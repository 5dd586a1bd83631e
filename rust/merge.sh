#!/bin/sh
# Merges the crate's static archive into one object whose only global symbols
# are the ABI's, so that it can be linked beside other Rust libraries.  Used by
# Setup.hs and the Makefile.
#
#   merge.sh ARCHIVE OBJECT
#
# The ABI's symbols are what the archive itself makes visible under these
# prefixes; there is no list to keep.  (readelf, not nm: nm asks LLVM's plug-in
# about Rust's bitcode, and Debian's aborts.)
#
# ld.bfd, because gold cannot mix -r with --gc-sections and lld has no
# --require-defined.  --force-group-allocation, because without it the groups
# of the unwinder's references are dropped and another library's panic crashes.
# The .llvmbc sections go, because binutils' LLVM plug-in may not read them.
set -eu
archive=$1
object=$2

for tool in ld.bfd objcopy readelf; do
    command -v "$tool" >/dev/null 2>&1 || {
        echo "ghc-openmp: $tool is missing: install GNU binutils" >&2
        exit 1
    }
done

readelf -sW "$archive" |
    awk '$5 == "GLOBAL" && $6 == "DEFAULT" && $7 != "UND" && $8 ~ /^(GOMP|omp|ompc|ghcomp|__kmpc|__tgt|kmpc?)_/ { print $8 }' |
    sort -u >"$object.symbols"

set --
while read -r symbol; do
    set -- "$@" "--require-defined=$symbol"
done <"$object.symbols"
[ $# -gt 0 ] || {
    echo "ghc-openmp: $archive defines no symbol of the ABI" >&2
    exit 1
}

# Complex arithmetic calls functions of the compiler's own library. They go into the object,
# because loaders such as GHCi's do not look there.
library=$(${CC:-cc} -print-libgcc-file-name 2>/dev/null) && [ -f "$library" ] || library=

# One section of code, with marks: rust/src/ompt/site.rs tells our frames by them. Without
# its rule, the garbage collection would drop most of .eh_frame.
cat >"$object.ld" <<'SCRIPT'
SECTIONS
{
    .text 0 : {
        ghcomp_text_begin = .;
        *(.text.unlikely .text.unlikely.*)
        *(.text .text.*)
        ghcomp_text_end = .;
    }
    .eh_frame 0 : { KEEP(*(.eh_frame)) }
}
SCRIPT

# shellcheck disable=SC2086
ld.bfd -r --gc-sections --force-group-allocation -T "$object.ld" "$@" \
    -o "$object.merged" "$archive" $library
objcopy --keep-global-symbols="$object.symbols" --strip-unneeded \
    --remove-section=.llvmbc --remove-section=.llvmcmd "$object.merged" "$object.new"
rm -f "$object.merged" "$object.ld"
mv "$object.new" "$object"
