# Every target works by itself: it installs what is missing (setup), builds what it
# needs, and repeats nothing.  The builds use all processors, so targets run one
# after another, whatever -j says.
.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: help setup setup-runtime build runtime install uninstall demo test test-matrix stress bench bench-peers bench-growth lint docs dist header imports clean FORCE

SHELL := /bin/bash

# The build folders are fixed: no variable of the environment moves them.
unexport MAKEFLAGS MFLAGS CARGO_TARGET_DIR CARGO_BUILD_TARGET_DIR CARGO_BUILD_TARGET

# Without an index of Hackage, an empty configuration makes cabal use the installed
# packages.  With an index, cabal behaves as usual.
ifndef CABAL_CONFIG
ifeq ($(shell ls "$${CABAL_DIR:-$$HOME/.cabal}"/packages/*/01-index.tar* \
    "$${XDG_CACHE_HOME:-$$HOME/.cache}"/cabal/packages/*/01-index.tar* 2>/dev/null),)
export CABAL_DIR := $(CURDIR)/.cabal-local
export CABAL_CONFIG := $(CURDIR)/.cabal-local/config
$(shell mkdir -p .cabal-local && { [ -e .cabal-local/config ] || : >.cabal-local/config; })
endif
endif

help:
	@echo 'make setup   install what is missing (by apt; on other systems it says what)'
	@echo 'make runtime the runtime for C programs (build/libghcomp.a, target/release/libghcomp.so);'
	@echo '             needs no GHC'
	@echo 'make install install that runtime (PREFIX=/usr/local DESTDIR=); make uninstall removes it'
	@echo 'make build   the runtime and the Haskell library'
	@echo 'make demo    a tour: C kernels and Haskell closures on one team'
	@echo 'make test    every check; ends with the counts'
	@echo 'make test-matrix  the suites on other systems, in chroots; ends with a table'
	@echo '             (MATRIX="forky" for one; test/matrix/run says which there are)'
	@echo 'make stress  the long stress tests: C; Haskell plain, profiled, on the debugging RTS'
	@echo 'make bench   the benchmarks, into bench/results (BENCH="-p GROUP": one group, into'
	@echo '             build/bench/results; BENCH="-k -p GROUP": one group, into bench/results)'
	@echo 'make bench-peers  libgomp, libomp and this runtime on the same C programs, into bench/results'
	@echo 'make bench-growth  how operations grow to 256 threads, simulated, into bench/results'
	@echo 'make lint    formatting, clippy, and compilers with warnings as errors'
	@echo 'make docs    the documentation as HTML, into build/docs; fails if any is missing'
	@echo 'make dist    the tarball for Hackage in build/dist, checked in a clean folder'
	@echo 'make header  write rust/include/ghcomp.h again, after a change of exported Rust functions'
	@echo 'make imports write the generated Haskell imports again, after a change of the settings'
	@echo 'make clean   remove what was built'

# Asked for by name, it installs Clang too, which no other target but the tests needs.
setup:
	@.ci/setup $(if $(filter setup,$(MAKECMDGOALS)),clang)

setup-runtime:
	@.ci/setup runtime

runtime: build/libghcomp.a target/release/libghcomp.so

build: setup runtime
	cabal build -v1 lib:ghc-openmp

# The runtime for C programs: one object that exports only the ABI's symbols.
build/libghcomp.a: build/ghcomp_core.o
	rm -f $@ && ar rc $@ $<

build/ghcomp_core.o: target/release/libghcomp.a rust/merge.sh
	@mkdir -p build
	sh rust/merge.sh $< $@

# The same as a shared library, which replaces libgomp.so.1 and LLVM's libomp.
target/release/libghcomp.so: build/ghcomp_core.o rust/shared.sh rust/libgomp.map cbits/omp_1_0.c
	sh rust/shared.sh $< $@

# cargo decides what to rebuild, and leaves the archive alone if nothing changed.
target/release/libghcomp.a: FORCE | setup-runtime
	cargo build --release --locked --lib --package ghcomp --target-dir target
FORCE:

# Installs what make runtime has built, and nothing else: no apt, no cargo.  The
# library has its own folder, because in LIBDIR ldconfig would give its soname,
# libgomp.so.1, to every program of the system.
PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
VERSION = $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml)

install:
	@[ -e build/libghcomp.a ] && [ -e target/release/libghcomp.so ] || { echo 'install: run make runtime first' >&2; exit 1; }
	install -d '$(DESTDIR)$(LIBDIR)/ghcomp' '$(DESTDIR)$(LIBDIR)/pkgconfig' '$(DESTDIR)$(INCLUDEDIR)'
	install -m 755 target/release/libghcomp.so '$(DESTDIR)$(LIBDIR)/ghcomp/libgomp.so.1'
	ln -sf libgomp.so.1 '$(DESTDIR)$(LIBDIR)/ghcomp/libghcomp.so'
	for name in libomp.so.5 libomp.so libiomp5.so; do \
	    ln -f '$(DESTDIR)$(LIBDIR)/ghcomp/libgomp.so.1' "$(DESTDIR)$(LIBDIR)/ghcomp/$$name" || exit; done
	install -m 644 build/libghcomp.a '$(DESTDIR)$(LIBDIR)/ghcomp/libghcomp.a'
	install -m 644 rust/include/ghcomp.h '$(DESTDIR)$(INCLUDEDIR)/ghcomp.h'
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' -e 's|@INCLUDEDIR@|$(INCLUDEDIR)|' \
	    -e 's|@VERSION@|$(VERSION)|' rust/ghcomp.pc.in >'$(DESTDIR)$(LIBDIR)/pkgconfig/ghcomp.pc'
	chmod 644 '$(DESTDIR)$(LIBDIR)/pkgconfig/ghcomp.pc'

uninstall:
	rm -f '$(DESTDIR)$(LIBDIR)/ghcomp/libgomp.so.1' '$(DESTDIR)$(LIBDIR)/ghcomp/libghcomp.so' \
	    '$(DESTDIR)$(LIBDIR)/ghcomp/libomp.so.5' '$(DESTDIR)$(LIBDIR)/ghcomp/libomp.so' \
	    '$(DESTDIR)$(LIBDIR)/ghcomp/libiomp5.so' \
	    '$(DESTDIR)$(LIBDIR)/ghcomp/libghcomp.a' '$(DESTDIR)$(INCLUDEDIR)/ghcomp.h' \
	    '$(DESTDIR)$(LIBDIR)/pkgconfig/ghcomp.pc'
	[ ! -d '$(DESTDIR)$(LIBDIR)/ghcomp' ] || rmdir '$(DESTDIR)$(LIBDIR)/ghcomp'

demo: setup
	cabal build -v1 demo
	@"$$(cabal list-bin -v0 demo)"

test: build/libghcomp.a target/release/libghcomp.so
	@.ci/setup test
	@test/run

# Each system builds its own runtime, so there are no prerequisites.
test-matrix:
	@.ci/setup matrix
	@test/matrix/run $(MATRIX)

stress: build/libghcomp.a target/release/libghcomp.so
	@.ci/setup test
	@.ci/setup profiling
	@test/stress $(STRESS)

bench:
	@.ci/setup bench
	@bench/run $(BENCH)

bench-peers: target/release/libghcomp.so
	@.ci/setup bench
	@bench/peers/run $(PEERS)

bench-growth: setup
	@.ci/setup bench
	@bench/growth

# lint compiles the examples too, so it needs what the tests need.
lint:
	@.ci/setup test
	@test/lint

docs:
	@.ci/setup docs
	@docs/make

dist: setup
	@.ci/setup test
	@.ci/setup profiling
	@test/dist

# Generated files that are checked in.  Tests fail when one is out of date.
header: setup
	GHCOMP_WRITE_HEADER=1 cargo test --quiet --locked --target-dir target --test header

imports: setup
	GHCOMP_WRITE_IMPORTS=1 cargo test --quiet --locked --target-dir target --test imports

clean:
	rm -rf build target dist-newstyle .cabal-local
