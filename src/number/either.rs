//! What exists at either precision.

use crate::Error;
use std::any::{Any, type_name};
use std::sync::Arc;

/// A trait object in single precision, `S`, and the same in double precision, `D`: for settings that are made before it is
/// known in which of them they are used.
#[derive(Debug)]
pub(crate) struct AtEither<S: ?Sized, D: ?Sized> {
    pub single: Arc<S>,
    pub double: Arc<D>,
}

impl<S: ?Sized, D: ?Sized> Clone for AtEither<S, D> {
    fn clone(&self) -> Self {
        AtEither { single: self.single.clone(), double: self.double.clone() }
    }
}

impl<S: ?Sized + 'static, D: ?Sized + 'static> AtEither<S, D> {
    /// The one that is an `X`, which is `S` or `D`. There are no other precisions; if there were, `argument` would not
    /// exist in them.
    pub fn get<X: ?Sized + 'static>(&self, argument: &'static str) -> Result<Arc<X>, Error> {
        let both: [&dyn Any; 2] = [&self.single, &self.double];
        let found = both.into_iter().find_map(|one| one.downcast_ref::<Arc<X>>());
        found.cloned().ok_or_else(|| Error::invalid(argument, type_name::<X>(), "one for f32 or f64"))
    }
}
