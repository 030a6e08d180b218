use anyhow::Result;

use crate::{
    packages::{self, C_COMPILER, CMAKE},
    run::{cargo, run},
};

/// Prints the figures of the whole phone, then those of its parts.
pub(crate) fn figures() -> Result<()> {
    packages::require(&[C_COMPILER, CMAKE])?;
    run(cargo().args(["bench", "--package=helix-phone", "--bench=figures"]))?;
    run(cargo().args(["bench", "--package=sip", "--package=media"]))
}
