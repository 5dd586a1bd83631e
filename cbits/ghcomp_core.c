/*
 * The place of the Rust core in the package: Setup.hs builds the core and puts
 * it where the object of this file is expected, so this text is never
 * compiled.
 */
#error "Setup.hs did not provide the Rust core: build this package with cabal"
