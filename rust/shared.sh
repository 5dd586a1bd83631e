#!/bin/sh
# Links the merged core (see merge.sh) into the shared library that stands in
# for libgomp.so.1: its name, and its symbols at its version nodes.
#
#   shared.sh OBJECT LIBRARY
#
# The file is libgomp.so.1, which the loader looks for in the folders of
# LD_LIBRARY_PATH; LIBRARY is a link to it beside it. Tools such as threadpoolctl
# follow the link and go by the file's name.
#
# -Bsymbolic: what the library calls in itself is its own, whatever else the
# program has of these names. -z nodelete: the pool's threads outlive dlclose.
set -eu
object=$1
library=$2
file=$(dirname "$library")/libgomp.so.1
here=$(dirname "$0")

# The names that the version script has twice: the core's are the newer ones.
sed -n 's/^  *\(omp_.*\);/\1/p' "$here/libgomp.map" | sort | uniq -d |
    sed 's/.*/& &@@OMP_3.0/' >"$library.names"
objcopy --redefine-syms="$library.names" "$object" "$library.core"
${CC:-cc} -std=gnu11 -O2 -fPIC -fopenmp -Wall -Wextra -c -o "$library.old" "$here/../cbits/omp_1_0.c"

${CC:-cc} -shared -static-libgcc -o "$library.new" "$library.core" "$library.old" \
    -Wl,-soname,libgomp.so.1 -Wl,--version-script="$here/libgomp.map" \
    -Wl,-Bsymbolic -Wl,--no-undefined -Wl,--as-needed -Wl,-O1 \
    -Wl,-z,now,-z,relro,-z,noexecstack,-z,nodelete -lpthread -ldl -lm
rm -f "$library.names" "$library.core" "$library.old"
mv "$library.new" "$file"
ln -sf libgomp.so.1 "$library"
