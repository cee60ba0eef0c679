//! Observed trajectories: reading, writing, splitting and standardising them; and [`Images`] of several classes.
//!
//! # The CSV format
//!
//! ```text
//! # Lines that start with `#` are comments. Blank lines are ignored.
//! t,trajectory,x,y
//! 0.0,first,1.0,0.5
//! 0.1,first,1.1,0.4
//! 0.0,second,2.0,0.1
//! 0.3,second,1.7,0.2
//! ```
//!
//! - UTF-8 text, a header, then one observation a line; fields are separated by commas and may be quoted.
//! - A column named `trajectory`, or `Trajectory`, anywhere, holds the identifier of the trajectory. Without it, all rows
//!   belong to one.
//! - Of the other columns the first is the time, under any name; the rest are the components of the state.
//! - Rows of different trajectories may be interleaved. Rows of one must be in order of strictly increasing time, at
//!   least two of them; the spacing is free. Trajectories are kept in order of their first rows.
//! - Every value is a finite number. Spaces around fields are ignored, and so are columns without name and values.
//!
//! What cannot be given yet: inputs that are measured along with the states (every column is a component of the state),
//! constants that differ from record to record, and gaps.
//!
//! What does not fit is an [`Error::Parse`](crate::Error::Parse) with line, field and the value found.
//!
//! ```
//! use kutta::data::{Standardisation, Trajectories};
//!
//! let data = Trajectories::from_csv("examples/data/hudson_bay.csv")?;
//! assert_eq!(data.components(), ["hare", "lynx"]);
//! assert_eq!((data.len(), data.observations()), (1, 21));
//! assert_eq!(data.trajectory(0).state(2), [70.2, 9.8]);
//!
//! let (past, future) = data.split_time(0.25)?; // the last five of twenty years are held out
//! assert_eq!(past.trajectory(0).times().last(), Some(&1915.0));
//! assert_eq!(future.trajectory(0).times(), [1915.0, 1916.0, 1917.0, 1918.0, 1919.0, 1920.0]);
//!
//! let standard = Standardisation::fit(&past)?;
//! let past = standard.apply(&past)?; // states of order one, times 0, 1, 2, …
//! assert_eq!(past.trajectory(0).times()[..3], [0.0, 1.0, 2.0]);
//! # Ok::<(), kutta::Error>(())
//! ```

mod contradiction;
mod crossing;
mod csv;
mod idx;
mod images;
mod outliers;
mod reversal;
mod slopes;
mod spline;
mod split;
mod standardise;
mod trajectories;

pub use contradiction::{Contradiction, Crossing, Place, Reversal};
pub use images::Images;
pub(crate) use images::Noise;
pub use outliers::Outlier;
pub(crate) use spline::Smoothed;
pub use split::Segment;
pub use standardise::Standardisation;
pub use trajectories::{Trajectories, Trajectory};
