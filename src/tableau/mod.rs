//! tableau
/// placeholder
pub struct Tableau;
