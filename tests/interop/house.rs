//! The house of this build's binary, or of the one for Windows.

use std::ops::{Deref, DerefMut};
use std::path::Path;

use mox_testkit::house::{self, Program};

/// Starts `mox.exe` under wine, with the arguments given to it.
pub(crate) const WINDOWS_RUN: &str = "MOX_WINDOWS_RUN";

/// A server that is killed when dropped.
pub(crate) struct House(house::House);

impl House {
    /// Starts localserve in `dir` and waits until all its listeners accept.
    pub(crate) fn start(dir: &Path, options: &[&str]) -> House {
        let mut house = House::prepare(dir, options);
        house.restart();
        house
    }

    /// A house that is not yet running.
    pub(crate) fn prepare(dir: &Path, options: &[&str]) -> House {
        let program = Program::native(Path::new(env!("CARGO_BIN_EXE_mox")));
        House(house::House::prepare(&program, dir, options))
    }

    /// Starts the program for Windows.
    pub(crate) fn start_windows(dir: &Path, options: &[&str]) -> House {
        let mut house = House::prepare_windows(dir, options);
        house.restart();
        house
    }

    /// A house that is not yet running, with the program for Windows.
    pub(crate) fn prepare_windows(dir: &Path, options: &[&str]) -> House {
        let run = std::env::var(WINDOWS_RUN)
            .unwrap_or_else(|_| panic!("{WINDOWS_RUN} does not say how to run mox.exe"));
        House(house::House::prepare(&Program::windows(&run), dir, options))
    }
}

impl Deref for House {
    type Target = house::House;
    fn deref(&self) -> &house::House {
        &self.0
    }
}

impl DerefMut for House {
    fn deref_mut(&mut self) -> &mut house::House {
        &mut self.0
    }
}
