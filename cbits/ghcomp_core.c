/*
 * This file keeps a place for the Rust core in the package.  Setup.hs builds the core
 * and puts it where Cabal expects this file's object, so nobody compiles this text.
 */
#error "Setup.hs did not provide the Rust core: build this package with cabal"
