//! Enumerations with the numbers of a C interface.

/// Defines an enumeration, the list `ALL` of its variants, and `from_omp`, which
/// finds the variant of a number. All come from one list, so a new variant cannot
/// be missing in one of them.
macro_rules! c_enum {
    (
        $(#[$about:meta])*
        pub enum $name:ident { $($(#[$doc:meta])* $variant:ident = $number:literal,)* }
    ) => {
        $(#[$about])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u8)]
        pub enum $name { $($(#[$doc])* $variant = $number,)* }

        impl $name {
            /// All variants.
            pub const ALL: &'static [$name] = &[$($name::$variant,)*];

            /// The variant with this number of `omp.h`; `None` for any other number.
            #[inline]
            pub fn from_omp(number: u32) -> Option<$name> {
                match number {
                    $($number => Some($name::$variant),)*
                    _ => None,
                }
            }
        }
    };
}
pub(crate) use c_enum;
