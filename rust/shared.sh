#!/bin/sh
# Links the merged core (see merge.sh) into the shared library that stands in
# for libgomp.so.1 and for LLVM's libomp: one file, with the symbols of both at
# their version nodes.
#
#   shared.sh OBJECT LIBRARY
#
# The file is libgomp.so.1, which the loader looks for in the folders of
# LD_LIBRARY_PATH; LIBRARY is a link to it beside it. Tools such as threadpoolctl
# follow the link and go by the file's name. libomp.so.5 (Debian's name), libomp.so
# (LLVM's) and libiomp5.so (Intel's) are hard links: real files for such tools, and
# one file for the loader, which maps a file only once whatever it is called. So
# there is one runtime in a process that loads several.
#
# -Bsymbolic: what the library calls in itself is its own, whatever else the
# program has of these names. -z nodelete: the pool's threads outlive dlclose.
set -eu
object=$1
library=$2
folder=$(dirname "$library")
file=$folder/libgomp.so.1
here=$(dirname "$0")

# The version node of what GCC 17 added is a guess in the map.
map=$library.map
sed "s/GOMP_6\.0\.2/${GCC17_NODE:-GOMP_6.0.2}/" "$here/libgomp.map" >"$map"

# The routines and libgomp's entries at libomp's node: a jump to each.
case $(${CC:-cc} -dumpmachine) in
    x86_64*) jump=jmp ;;
    aarch64* | arm64*) jump=b ;;
    riscv64*) jump=tail ;;
    *) jump= ;;
esac
{
    echo '    .section .note.GNU-stack, "", %progbits'
    echo '    .text'
    [ -z "$jump" ] || sed -n '/^VERSION/,/^}/d; s/^  *\(omp_.*\|GOMP_.*\);/\1/p' "$map" | sort -u |
        while read -r name; do
            printf '    .globl %s_VERSION\n    .type %s_VERSION, %%function\n%s_VERSION:\n' "$name" "$name" "$name"
            printf '    .cfi_startproc\n    %s %s\n    .cfi_endproc\n' "$jump" "$name"
            printf '    .symver %s_VERSION, %s@VERSION\n' "$name" "$name"
        done
} >"$library.s"
${CC:-cc} -c -o "$library.jumps" -x assembler "$library.s"
${LD:-ld} -r -o "$library.both" "$object" "$library.jumps"

# The names that the version script has twice: the core's are the newer ones.
sed -n 's/^  *\(omp_.*\);/\1/p' "$map" | sort | uniq -d |
    sed 's/.*/& &@@OMP_3.0/' >"$library.names"
objcopy --redefine-syms="$library.names" "$library.both" "$library.core"
${CC:-cc} -std=gnu11 -O2 -fPIC -fopenmp -Wall -Wextra -c -o "$library.old" "$here/../cbits/omp_1_0.c"

${CC:-cc} -shared -static-libgcc -o "$library.new" "$library.core" "$library.old" \
    -Wl,-soname,libgomp.so.1 -Wl,--version-script="$map" \
    -Wl,-Bsymbolic -Wl,--no-undefined -Wl,--as-needed -Wl,-O1 \
    -Wl,-z,now,-z,relro,-z,noexecstack,-z,nodelete -lpthread -ldl -lm
rm -f "$map" "$library.names" "$library.core" "$library.old" "$library.s" "$library.jumps" "$library.both"
mv "$library.new" "$file"
ln -sf libgomp.so.1 "$library"
for name in libomp.so.5 libomp.so libiomp5.so; do
    ln -f "$file" "$folder/$name"
done
