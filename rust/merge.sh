#!/bin/sh
# Merges the crate's static archive into one object whose only global symbols
# are the ABI's (rust/abi-symbols.txt), so that it can be linked beside other
# Rust libraries.  Used by Setup.hs and the Makefile.
#
#   merge.sh ARCHIVE OBJECT
#
# ld.bfd, because gold cannot mix -r with --gc-sections and lld has no
# --require-defined.  --force-group-allocation, because without it the groups
# of the unwinder's references are dropped and another library's panic crashes.
# The .llvmbc sections go, because binutils' LLVM plug-in may not read them.
set -eu
archive=$1
object=$2
symbols=$(dirname "$0")/abi-symbols.txt

for tool in ld.bfd objcopy; do
    command -v "$tool" >/dev/null 2>&1 || {
        echo "ghc-openmp: $tool is missing: install GNU binutils" >&2
        exit 1
    }
done

set --
while read -r symbol; do
    set -- "$@" "--require-defined=$symbol"
done <"$symbols"

ld.bfd -r --gc-sections --force-group-allocation "$@" -o "$object.merged" "$archive"
objcopy --keep-global-symbols="$symbols" --strip-unneeded \
    --remove-section=.llvmbc --remove-section=.llvmcmd "$object.merged" "$object.new"
rm -f "$object.merged"
mv "$object.new" "$object"
