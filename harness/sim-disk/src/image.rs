//! What a crash leaves of what was done.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

/// The size of what a disk writes whole.
const SECTOR: usize = 512;

/// A file or directory, whatever its names.
pub(crate) type Id = usize;

/// The directory that is watched.
const ROOT: Id = 0;

#[derive(Clone, Debug)]
enum Node {
    File(Vec<u8>),
    Dir(BTreeMap<OsString, Id>),
}

/// Files and directories, by id.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tree {
    nodes: BTreeMap<Id, Node>,
}

/// A step of a history.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// Bytes of a file.
    Bytes { id: Id, at: u64, bytes: Vec<u8> },
    /// The length of a file.
    Len { id: Id, len: u64 },
    /// Names of directories, which change together.
    Names(Vec<Name>),
    /// A file or directory becomes durable.
    Sync { id: Id },
    /// Everything becomes durable.
    SyncAll,
}

/// A name in a directory, and what has it now.
#[derive(Clone, Debug)]
pub(crate) struct Name {
    dir: Id,
    name: OsString,
    has_it: Option<Id>,
}

/// Which of the changes that are not durable a crash leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    /// All: only the process was killed.
    All,
    /// None.
    Synced,
    /// The names, but not the bytes.
    Names,
    /// Some, as a seed chooses.
    Some(u64),
}

impl Tree {
    /// What is below a directory.
    pub(crate) fn of(root: &Path) -> Self {
        let mut tree = Self::default();
        tree.nodes.insert(ROOT, Node::Dir(BTreeMap::new()));
        tree.fill(root, ROOT);
        tree
    }

    fn fill(&mut self, path: &Path, dir: Id) {
        let entries = fs::read_dir(path).expect("a directory");
        let mut entries: Vec<_> = entries.map(|entry| entry.expect("an entry")).collect();
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let id = self.nodes.len();
            if entry.file_type().expect("a kind").is_dir() {
                self.nodes.insert(id, Node::Dir(BTreeMap::new()));
                self.fill(&entry.path(), id);
            } else {
                let bytes = fs::read(entry.path()).expect("a file");
                self.nodes.insert(id, Node::File(bytes));
            }
            self.names(dir).insert(entry.file_name(), id);
        }
    }

    fn names(&mut self, dir: Id) -> &mut BTreeMap<OsString, Id> {
        match self.nodes.get_mut(&dir) {
            Some(Node::Dir(names)) => names,
            _ => panic!("{dir} is a directory"),
        }
    }

    fn bytes(&mut self, id: Id) -> &mut Vec<u8> {
        match self.nodes.get_mut(&id) {
            Some(Node::File(bytes)) => bytes,
            _ => panic!("{id} is a file"),
        }
    }

    fn find(&self, path: &Path) -> Option<Id> {
        path.components()
            .try_fold(ROOT, |dir, part| match self.nodes.get(&dir)? {
                Node::Dir(names) => names.get(part.as_os_str()).copied(),
                Node::File(_) => None,
            })
    }

    fn apply(&mut self, change: &Change) {
        match change {
            Change::Bytes { id, at, bytes } => {
                let at = usize::try_from(*at).expect("small files");
                let content = self.bytes(*id);
                let end = at + bytes.len();
                if content.len() < end {
                    content.resize(end, 0);
                }
                content[at..end].copy_from_slice(bytes);
            }
            Change::Len { id, len } => {
                let len = usize::try_from(*len).expect("small files");
                self.bytes(*id).resize(len, 0);
            }
            Change::Names(names) => {
                for Name { dir, name, has_it } in names {
                    let names = self.names(*dir);
                    match has_it {
                        Some(id) => names.insert(name.clone(), *id),
                        None => names.remove(name),
                    };
                }
            }
            Change::Sync { .. } | Change::SyncAll => {}
        }
    }

    /// All files with their paths, and all directories.
    pub(crate) fn image(&self) -> Image {
        let mut image = Image::default();
        let mut dirs = vec![(PathBuf::new(), ROOT)];
        while let Some((path, dir)) = dirs.pop() {
            let Some(Node::Dir(names)) = self.nodes.get(&dir) else {
                continue;
            };
            for (name, id) in names {
                let path = path.join(name);
                match &self.nodes[id] {
                    Node::File(bytes) => {
                        image.0.insert(path, Some(bytes.clone()));
                    }
                    Node::Dir(_) => {
                        image.0.insert(path.clone(), None);
                        dirs.push((path, *id));
                    }
                }
            }
        }
        image
    }
}

/// The files of a directory by path; `None` for a directory.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Image(BTreeMap<PathBuf, Option<Vec<u8>>>);

impl Image {
    /// The same without the files that SQLite shares in memory, which pass the seam by: it makes them
    /// again after a crash.
    pub(crate) fn without_shared_memory(mut self) -> Self {
        self.0
            .retain(|path, _| !path.to_string_lossy().ends_with("-shm"));
        self
    }

    /// Makes the files in an empty directory.
    pub(crate) fn put(&self, root: &Path) {
        for (path, content) in &self.0 {
            let path = root.join(path);
            match content {
                None => fs::create_dir(&path),
                Some(bytes) => fs::write(&path, bytes),
            }
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        }
    }
}

/// A tree, and what was done to it in order.
#[derive(Clone, Debug)]
pub(crate) struct History {
    start: Tree,
    now: Tree,
    changes: Vec<Change>,
}

impl History {
    pub(crate) fn new(start: Tree) -> Self {
        Self {
            now: start.clone(),
            start,
            changes: Vec::new(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.changes.len()
    }

    /// What the directory holds now.
    pub(crate) fn image(&self) -> Image {
        self.now.image()
    }

    /// What has a path now.
    pub(crate) fn id(&self, path: &Path) -> Option<Id> {
        self.now.find(path)
    }

    pub(crate) fn push(&mut self, change: Change) {
        self.now.apply(&change);
        self.changes.push(change);
    }

    /// A file that has no name.
    pub(crate) fn nameless(&mut self) -> Id {
        let id = self.now.nodes.len();
        for tree in [&mut self.start, &mut self.now] {
            tree.nodes.insert(id, Node::File(Vec::new()));
        }
        id
    }

    /// The file at a path, which is made if it does not exist.
    pub(crate) fn open(&mut self, path: &Path) -> Id {
        self.id(path).unwrap_or_else(|| {
            let id = self.nameless();
            self.change([(path, Some(id))]);
            id
        })
    }

    pub(crate) fn create_dir(&mut self, path: &Path) {
        let id = self.now.nodes.len();
        for tree in [&mut self.start, &mut self.now] {
            tree.nodes.insert(id, Node::Dir(BTreeMap::new()));
        }
        self.change([(path, Some(id))]);
    }

    pub(crate) fn rename(&mut self, from: &Path, to: &Path) {
        let has_it = self.id(from);
        self.change([(from, None), (to, has_it)]);
    }

    pub(crate) fn exchange(&mut self, one: &Path, other: &Path) {
        let (first, second) = (self.id(one), self.id(other));
        self.change([(one, second), (other, first)]);
    }

    pub(crate) fn link(&mut self, from: &Path, to: &Path) {
        let has_it = self.id(from);
        self.change([(to, has_it)]);
    }

    pub(crate) fn remove(&mut self, path: &Path) {
        self.change([(path, None)]);
    }

    fn change<const N: usize>(&mut self, names: [(&Path, Option<Id>); N]) {
        let names = names.map(|(path, has_it)| Name {
            dir: self
                .id(path.parent().unwrap_or(Path::new("")))
                .unwrap_or_else(|| panic!("the directory of {} is known", path.display())),
            name: path.file_name().map(OsStr::to_owned).expect("a name"),
            has_it,
        });
        self.push(Change::Names(names.into()));
    }

    /// What a crash leaves when the first `done` changes were made.
    pub(crate) fn crash(&self, done: usize, keep: Keep) -> Image {
        let made = &self.changes[..done];
        let durable = durable(made);
        let mut random = match keep {
            Keep::Some(seed) => Some(fastrand::Rng::with_seed(
                seed.wrapping_mul(1_000_003).wrapping_add(done as u64),
            )),
            _ => None,
        };
        let mut tree = self.start.clone();
        for (change, is_durable) in made.iter().zip(durable) {
            if is_durable {
                tree.apply(change);
                continue;
            }
            match (keep, change) {
                (Keep::All, _) | (Keep::Names, Change::Names(_)) => tree.apply(change),
                (Keep::Synced | Keep::Names, _) => {}
                (Keep::Some(_), Change::Bytes { id, at, bytes }) => {
                    for (bytes, at) in bytes.chunks(SECTOR).zip((*at..).step_by(SECTOR)) {
                        if random.as_mut().is_some_and(fastrand::Rng::bool) {
                            let (id, bytes) = (*id, bytes.to_vec());
                            tree.apply(&Change::Bytes { id, at, bytes });
                        }
                    }
                }
                (Keep::Some(_), change) => {
                    if random.as_mut().is_some_and(fastrand::Rng::bool) {
                        tree.apply(change);
                    }
                }
            }
        }
        tree.image()
    }
}

/// Which of the changes are durable.
fn durable(made: &[Change]) -> Vec<bool> {
    let mut synced = BTreeSet::new();
    let mut all = false;
    let mut durable: Vec<bool> = made
        .iter()
        .rev()
        .map(|change| match change {
            Change::Sync { id } => {
                synced.insert(*id);
                true
            }
            Change::SyncAll => {
                all = true;
                true
            }
            Change::Bytes { id, .. } | Change::Len { id, .. } => all || synced.contains(id),
            Change::Names(names) => all || names.iter().all(|name| synced.contains(&name.dir)),
        })
        .collect();
    durable.reverse();
    durable
}
