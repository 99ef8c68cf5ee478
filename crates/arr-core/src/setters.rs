//! The setters of option builders.

/// Makes the setters of an option builder, inside an `impl`: each sets the field of its name. A field that is an
/// `Option` is set to `Some`, and may be that of a field (`in field`); behind `into`, whatever becomes the type is taken.
#[macro_export]
macro_rules! setters {
    () => {};
    ($(#[$doc:meta])* $name:ident: Option<$type:ty> $(in $inner:ident)?; $($rest:tt)*) => {
        $(#[$doc])*
        #[must_use]
        pub fn $name(mut self, $name: $type) -> Self {
            self$(.$inner)?.$name = Some($name);
            self
        }
        $crate::setters! { $($rest)* }
    };
    ($(#[$doc:meta])* $name:ident: into $type:ty; $($rest:tt)*) => {
        $(#[$doc])*
        #[must_use]
        pub fn $name(mut self, $name: impl Into<$type>) -> Self {
            self.$name = $name.into();
            self
        }
        $crate::setters! { $($rest)* }
    };
    ($(#[$doc:meta])* $name:ident: $type:ty; $($rest:tt)*) => {
        $(#[$doc])*
        #[must_use]
        pub fn $name(mut self, $name: $type) -> Self {
            self.$name = $name;
            self
        }
        $crate::setters! { $($rest)* }
    };
}
