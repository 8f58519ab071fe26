//! A record of what a long run has done so far: one JSON value a line, each on the disk before the run goes on.

use super::disk;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// A record that is being written.
#[derive(Debug)]
pub struct Record {
    path: PathBuf,
    file: File,
}

impl Record {
    /// Begins a record; one that is there is forgotten.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn begin(path: &Path) -> io::Result<Self> {
        disk::remove(path)?;
        disk::create(path, b"", None)?;
        Ok(Self { path: path.to_path_buf(), file: File::options().append(true).open(path)? })
    }

    /// Opens a record that a run has left, and reads it. A last line that was not written to its end is taken away.
    ///
    /// # Errors
    /// Where it cannot be read, or a line but the last is none of these values.
    pub fn resume<T: DeserializeOwned>(path: &Path) -> io::Result<(Self, Vec<T>)> {
        let bytes = std::fs::read(path)?;
        let whole = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
        let lines = bytes[..whole].split(|b| *b == b'\n').filter(|line| !line.is_empty());
        let values = lines.map(serde_json::from_slice).collect::<Result<_, _>>().map_err(io::Error::from)?;
        let file = File::options().append(true).open(path)?;
        file.set_len(whole as u64)?;
        Ok((Self { path: path.to_path_buf(), file }, values))
    }

    /// Adds a value; it is on the disk when this returns.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn add(&mut self, value: &impl Serialize) -> io::Result<()> {
        let mut line = serde_json::to_vec(value)?;
        line.push(b'\n');
        disk::append(&mut self.file, &line)
    }

    /// The run has come to its end: the record is not needed any more.
    ///
    /// # Errors
    /// Where it cannot be taken away.
    pub fn end(self) -> io::Result<()> {
        disk::remove(&self.path)
    }
}

/// Writes a file whole, or leaves it as it is.
///
/// # Errors
/// Where it cannot be written.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = path.with_extension("new");
    disk::remove(&new)?;
    disk::create(&new, bytes, None)?;
    disk::rename(&new, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_tail_is_forgotten_and_what_is_before_it_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.jsonl");
        let mut record = Record::begin(&path).unwrap();
        record.add(&vec![1, 2]).unwrap();
        record.add(&vec![3]).unwrap();
        drop(record);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes.extend(b"[4,");
        std::fs::write(&path, bytes).unwrap();
        let (mut record, values) = Record::resume::<Vec<i32>>(&path).unwrap();
        assert_eq!(values, [vec![1, 2], vec![3]]);
        record.add(&vec![5]).unwrap();
        assert_eq!(Record::resume::<Vec<i32>>(&path).unwrap().1, [vec![1, 2], vec![3], vec![5]]);
        std::fs::write(&path, "[1]\nnonsense\n[2]\n").unwrap();
        assert!(Record::resume::<Vec<i32>>(&path).is_err());
        Record::begin(&path).unwrap().end().unwrap();
        assert!(!path.exists());
    }
}
