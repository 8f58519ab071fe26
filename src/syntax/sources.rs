//! Files that several readers ask for, parsed once.

use super::{Language, Source, SourceError};
use rustc_hash::FxHashMap;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// This many bytes of text are kept; a tree takes several times as much as its text.
const KEPT: usize = 1_200_000;

type Slot = Arc<OnceLock<Result<Arc<Source>, SourceError>>>;

/// The files that were read last. What is read does not depend on who asks or when, so nobody can tell whether a file was
/// there already.
#[derive(Debug, Default)]
pub struct Sources {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    slots: FxHashMap<PathBuf, Slot>,
    /// The files in the order in which they came, with their sizes.
    order: VecDeque<(PathBuf, usize)>,
    bytes: usize,
}

impl Sources {
    /// Reads a Python file. Whoever asks for a file that is being read waits for it.
    ///
    /// # Errors
    /// As [`Source::read`].
    pub fn read(&self, path: &Path) -> Result<Arc<Source>, SourceError> {
        let slot = {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            match kept.slots.get(path) {
                Some(slot) => Arc::clone(slot),
                None => kept.make_room_for(path),
            }
        };
        slot.get_or_init(|| Source::read(path, Language::Python).map(Arc::new)).clone()
    }
}

impl Kept {
    fn make_room_for(&mut self, path: &Path) -> Slot {
        let size = std::fs::metadata(path).map_or(0, |m| usize::try_from(m.len()).unwrap_or(usize::MAX));
        let slot = Slot::default();
        // What takes all the room by itself is not kept.
        if size > KEPT {
            return slot;
        }
        self.bytes += size;
        self.slots.insert(path.to_path_buf(), Arc::clone(&slot));
        self.order.push_back((path.to_path_buf(), size));
        while self.bytes > KEPT {
            let Some((oldest, size)) = self.order.pop_front() else { break };
            self.slots.remove(&oldest);
            self.bytes -= size;
        }
        slot
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_make_room_and_are_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = |n: usize| folder.path().join(format!("{n}.py"));
        for n in 0..6 {
            std::fs::write(path(n), format!("x = {n}\n#{}\n", "-".repeat(KEPT / 4))).unwrap();
        }
        let sources = Sources::default();
        let first = sources.read(&path(0)).unwrap();
        assert!(Arc::ptr_eq(&first, &sources.read(&path(0)).unwrap()));
        for n in 1..6 {
            assert!(sources.read(&path(n)).unwrap().text.starts_with(&format!("x = {n}")));
        }
        let again = sources.read(&path(0)).unwrap();
        assert!(!Arc::ptr_eq(&first, &again) && first.text == again.text);
        assert!(sources.kept.lock().unwrap().bytes <= KEPT);
        assert!(sources.read(&path(9)).is_err());
    }
}
