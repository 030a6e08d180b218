use anyhow::Result;

use crate::{
    packages::{self, BUILD},
    run::{cargo, run},
};

/// Prints the figures of the whole phone, then those of its parts.
pub(crate) fn figures() -> Result<()> {
    packages::require(&BUILD)?;
    run(cargo().args(["bench", "--package=helix-phone", "--bench=figures"]))?;
    run(cargo().args(["bench", "--package=sip", "--package=media"]))
}
